"""A search: what is varied from which config on, and how. It is all that a search leaves beside the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError, model_validator

from moei_toolkit.config.kinds import Count, Section, Seed
from moei_toolkit.config.loader import import_custom
from moei_toolkit.config.options import apply_options
from moei_toolkit.config.problems import config_error
from moei_toolkit.config.schema import Config
from moei_toolkit.config.search_space import REFERENCE, SearchSpace, Variant
from moei_toolkit.errors import ConfigError, StoreError
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.disk import make_folder
from moei_toolkit.io.json_file import parse_object
from moei_toolkit.tuning.planning.variants import draw_variants, list_variants, require_factors, value_at

PLAN_FILE = "plan.json"

MODES: dict[str, Literal["max", "min"]] = {
    "macro_psnr": "max",
    "macro_ssim": "max",
    "agreement": "max",
    "ece": "min",
    "oracle_gap": "min",
}
"""What a search can look for, and whether more or less of it is better."""


class Search(Section):
    """What is varied from which config on, and how.

    Attributes:
        config: The config as it is; its store is where all variants are kept.
        space: What is varied.
        searcher: Who chooses: ``"grid"`` takes every variant there is.
        scheduler: Who gives up early: ``"fifo"`` nobody, ``"asha"`` on trainings that lag behind.
        samples: How many variants ``"random"`` and ``"optuna"`` choose.
        metric: What the best variant is best in, and what ``"optuna"`` and ``"asha"`` go by; see `MODES`.
        seed: Of the samples.
    """

    format: Literal[1] = 1
    config: Config
    space: SearchSpace
    searcher: Literal["grid", "random", "optuna"] = "grid"
    scheduler: Literal["fifo", "asha"] = "fifo"
    samples: Count | None = None
    metric: Literal["macro_psnr", "macro_ssim", "agreement", "ece", "oracle_gap"] = "macro_psnr"
    seed: Seed = 0

    @model_validator(mode="after")
    def _check_choices(self) -> Search:
        if (self.searcher == "grid") != (self.samples is None):
            raise ValueError("expected --samples with --searcher random or optuna, and only there")
        if self.gives_up and self.metric != "macro_psnr":
            # While a variant is trained, nothing else is known of it.
            raise ValueError(f"expected --metric macro_psnr with --scheduler asha, got {self.metric!r}")
        metrics = [one.type for one in self.config.evaluate.metrics]
        if self.metric == "macro_ssim" and "ssim" not in metrics:
            raise ValueError(f"expected ssim in evaluate.metrics with --metric macro_ssim, got {metrics}")
        return self

    @property
    def adapts(self) -> bool:
        """Whether variants are chosen by what came out of earlier ones."""
        return self.searcher == "optuna"

    @property
    def chosen_later(self) -> int:
        """How many variants are chosen by what came out of earlier ones."""
        return self.samples or 0 if self.adapts else 0

    @property
    def gives_up(self) -> bool:
        """Whether variants that lag behind are stopped early."""
        return self.scheduler == "asha"

    def variants(self) -> list[Variant]:
        """Return those that are known beforehand, in order; none where they are chosen by what came before.

        Raises:
            ConfigError: The space is not one that the searcher can search.
        """
        if self.searcher == "grid":
            return list_variants(self.space)
        require_factors(self.space)
        return draw_variants(self.space, self.samples or 0, self.seed) if self.searcher == "random" else []

    @property
    def axes(self) -> list[str]:
        """Names of the factors, in order."""
        return list(self.space.factors) or list(
            dict.fromkeys(variant.factor for variant in self.space.variants)
        )

    def coordinates(self, variant: Variant) -> dict[str, Any]:
        """Return where a variant lies: factor -> value, or the variant's name in a list; see `axes`."""
        if not self.space.factors:
            name = variant.name.removeprefix(f"{variant.factor} ")
            return {} if variant.name == REFERENCE else {variant.factor: name}
        if variant.name == REFERENCE:
            raw = self.config.model_dump()
            return {name: value_at(raw, factor) for name, factor in self.space.factors.items()}
        return {name: variant.overrides[factor.paths[0]] for name, factor in self.space.factors.items()}

    def trial_config(self) -> dict[str, Any]:
        """Return the config that variants change: as it is, but without what a comparison has no use for."""
        economies = {"bench": None, "evaluate.top2": False, "evaluate.pictures": False}
        return apply_options(self.config.model_dump(), economies)


def make_search(where: str, **attributes: Any) -> Search:
    """Return a search.

    Args:
        where: What it comes from, for the error.
        attributes: Those of a `Search`.

    Raises:
        ConfigError: They do not fit; with one line per problem.
    """
    return _search(where, attributes)


def _search(where: str, attributes: Mapping[str, Any]) -> Search:
    try:
        return Search.model_validate(attributes)
    except ValidationError as error:
        raise config_error(error, Search, where) from error


def write_search(folder: Path, search: Search) -> None:
    """Write plan.json into a folder, which is made if need be.

    Raises:
        StoreError: The disk is full or read-only.
    """
    make_folder(folder)
    atomic_write_json(folder / PLAN_FILE, search.model_dump(mode="json"))


def read_search(folder: Path) -> Search:
    """Read plan.json of a folder, and import the modules that its config asks for.

    Raises:
        StoreError: It is missing or damaged.
        ConfigError: It is no search of this version of the toolkit.
    """
    path = folder / PLAN_FILE
    try:
        raw = parse_object(path.read_bytes())
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror}. "
            "Expected the folder of a search; without --resume, one begins."
        ) from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}. Start the search again, without --resume.") from error
    search = _search(str(path), raw)
    import_custom(search.config, str(path))
    return search


def require_same(wanted: Search, planned: Search, folder: Path) -> None:
    """Refuse to go on with a search that is not the one that is asked for.

    Args:
        wanted: What is asked for.
        planned: What plan.json says.
        folder: Where plan.json is.

    Raises:
        ConfigError: They differ.
    """
    asked, found = wanted.model_dump(mode="json"), planned.model_dump(mode="json")
    others = [name for name, value in found.items() if value != asked[name]]
    if others:
        raise ConfigError(
            f"{folder / PLAN_FILE} is of a search with another {', '.join(others)}. To begin the one that is "
            f"asked for, leave out --resume; to go on with that one, say --resume --work-dir {folder} alone."
        )
