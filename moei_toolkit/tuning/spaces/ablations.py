"""One factor at a time: what each part of the method is worth."""

from __future__ import annotations

from typing import Any

from moei_toolkit.config.search_space import SearchSpace, Variant

REDUCTION_PATHS = ("experts.*.expert.reduction", "dense_equal?.expert.reduction")
REDUCTIONS = {"1/32": 1 / 32, "1/16": 1 / 16}
BETAS, ALPHAS = (20.0, 50.0, 80.0), (0.0, 0.05, 0.1)


def _grid(factor: str, paths: tuple[str, ...], values: dict[str, Any]) -> list[Variant]:
    """Return a variant for every value; the one that a config has already is left out of its search."""
    return [
        Variant(name=f"{factor} {text}", factor=factor, overrides=dict.fromkeys(paths, value))
        for text, value in values.items()
    ]


def _texts(values: tuple[float, ...]) -> dict[str, float]:
    return {f"{value:g}": value for value in values}


def _proxy(name: str, component: str, package: str) -> Variant:
    """Return a rival of equal cost that routes inside the network instead of once per image."""
    overrides = {"dense_equal?.expert": {"type": component}}
    return Variant(
        name=name, factor="routing inside", overrides=overrides, policy="dense-equal", package=package
    )


SPACE = SearchSpace(
    name="ablations",
    about="One factor at a time, each against the config as it is.",
    variants=(
        Variant(name="best as label", factor="distillation", overrides={"router.targets": "best"}),
        Variant(name="weather as label", factor="distillation", overrides={"router.targets": "weather"}),
        Variant(
            name="no calibration",
            factor="calibration",
            overrides={"calibrate.calibrator": {"type": "identity"}},
        ),
        Variant(name="no abstention", factor="abstention", overrides={"calibrate.threshold": 0.0}),
        *_grid("alpha", ("router.alpha",), _texts(ALPHAS)),
        *_grid("r", REDUCTION_PATHS, REDUCTIONS),
        *_grid("beta", ("router.beta",), _texts(BETAS)),
        *_grid("tau", ("calibrate.threshold",), _texts((0.5, 0.7, 0.9))),
        Variant(name="Top-2", factor="experts at once", overrides={"evaluate.top2": True}, policy="top2"),
        _proxy("token-MoE", "token_moe", "moei_token_moe"),
        _proxy("complexity experts", "complexity_experts", "moei_complexity_experts"),
        Variant(name="local descriptor", factor="descriptor", overrides={"views.scope": "local"}),
        Variant(name="uniform window", factor="window", overrides={"inference.window": "uniform"}),
        *_grid("overlap", ("inference.overlap",), {"32": 32, "64": 64}),
        *_grid("misrouted", ("evaluate.misrouted",), {"5%": 0.05, "10%": 0.1, "20%": 0.2}),
    ),
)
