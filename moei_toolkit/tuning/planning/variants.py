"""From a search space to variants, and from a variant to a config."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.options import apply_options
from moei_toolkit.config.schema import Config
from moei_toolkit.config.search_space import REFERENCE, Choices, Factor, Interval, SearchSpace, Variant
from moei_toolkit.errors import ConfigError
from moei_toolkit.io.text import shown

COMBINATION = "combination"
"""Factor of a variant that changes several things at once."""
OPTIONAL = "?"
"""Ends the name of what may be missing in a path."""


def list_variants(space: SearchSpace) -> list[Variant]:
    """Return the variants of a list, or every combination of the values of factors.

    Raises:
        ConfigError: A factor is an interval, which has no end of values.
    """
    if space.variants:
        return list(space.variants)
    endless = [name for name, factor in space.factors.items() if isinstance(factor, Interval)]
    if endless:
        raise ConfigError(
            f"space {space.name!r}: {', '.join(endless)} can take any value between two: there is no grid. "
            "Take samples, with --searcher random or optuna."
        )
    values = (factor.values for factor in space.factors.values() if isinstance(factor, Choices))
    return [
        combine(space, dict(zip(space.factors, found, strict=True))) for found in itertools.product(*values)
    ]


def draw_variants(space: SearchSpace, count: int, seed: int) -> list[Variant]:
    """Return random combinations, no two alike; fewer than ``count`` when there are no more.

    Raises:
        ConfigError: The space is a list.
    """
    require_factors(space)
    rng = np.random.default_rng(seed)
    found: dict[str, Variant] = {}
    for _ in range(20 * count):
        variant = combine(space, {name: _draw(factor, rng) for name, factor in space.factors.items()})
        found.setdefault(variant.name, variant)
        if len(found) == count:
            break
    return list(found.values())


def combine(space: SearchSpace, values: Mapping[str, Any]) -> Variant:
    """Return the variant with one value of each factor."""
    return Variant(
        name=", ".join(f"{name} {shown(value)}" for name, value in values.items()),
        factor=COMBINATION,
        overrides={path: value for name, value in values.items() for path in space.factors[name].paths},
    )


def require_factors(space: SearchSpace) -> None:
    """Refuse a space that is a list: there is nothing to sample from.

    Raises:
        ConfigError: It is one.
    """
    if not space.factors:
        raise ConfigError(
            f"space {space.name!r} is a list of variants, and only factors can be sampled. "
            "Leave out --searcher and --samples."
        )


def reference() -> Variant:
    """Return the variant that changes nothing."""
    return Variant(name=REFERENCE, factor="reference")


def vary(raw: Mapping[str, Any], variant: Variant) -> Config:
    """Return a config changed by a variant.

    Args:
        raw: The complete config as plain data.
        variant: What is changed.

    Raises:
        ConfigError: Nothing in the config is what the variant changes, or what comes out is not valid.
    """
    where = f"variant {variant.name!r}"
    found = {pattern: expand(pattern, raw) for pattern in variant.overrides}
    lost = [pattern for pattern, paths in found.items() if not paths and OPTIONAL not in pattern]
    if lost or not applies(raw, variant):
        raise ConfigError(f"{where}: nothing in the config is called {', '.join(lost or found)}")
    options = {path: variant.overrides[pattern] for pattern, paths in found.items() for path in paths}
    return validate_config(apply_options(raw, options), where)


def applies(raw: Mapping[str, Any], variant: Variant) -> bool:
    """Tell whether a variant changes a config: not if all that it changes may be missing, and is."""
    patterns = variant.overrides
    return not patterns or any(OPTIONAL not in one or expand(one, raw) for one in patterns)


def expand(pattern: str, config: Mapping[str, Any]) -> list[str]:
    """Return the paths that a pattern stands for.

    Args:
        pattern: A dotted path, in which ``*`` is every name there, and ``name?`` one that may be missing.
        config: The complete config as plain data.
    """
    head, _, rest = pattern.partition(".")
    names: Iterable[str] = [head]
    if head == "*":
        names = config
    elif head.endswith(OPTIONAL):
        names = [head[:-1]] if config.get(head[:-1]) is not None else []
    if not rest:
        return list(names)
    return [f"{name}.{inner}" for name in names for inner in expand(rest, _inside(config, name))]


def value_at(raw: Mapping[str, Any], factor: Factor) -> Any:
    """Return the value that a config has for a factor; None where it has none."""
    found: Any = raw
    for name in next(iter(expand(factor.paths[0], raw)), "").split("."):
        found = _inside({"": found}, "").get(name)
    return found


def _inside(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = config.get(name)
    return value if isinstance(value, Mapping) else {}


def _draw(factor: Factor, rng: np.random.Generator) -> Any:
    if isinstance(factor, Choices):
        return factor.values[rng.integers(len(factor.values))]
    # A whole number stands for what is rounded to it, so that the ends are as likely as the others.
    margin = 0.5 if factor.whole else 0.0
    ends = factor.low - margin, factor.high + margin
    drawn = float(np.exp(rng.uniform(*np.log(ends))) if factor.log else rng.uniform(*ends))
    return min(max(round(drawn), int(factor.low)), int(factor.high)) if factor.whole else drawn
