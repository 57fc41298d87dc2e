"""What a search varies, as plain data: a list of variants of a config, or factors with their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag, model_validator

from moei_toolkit.config.frozen import FrozenDict, FrozenMapping
from moei_toolkit.config.kinds import Finite, Flag, NotEmpty, Section, Text

REFERENCE = "as it is"
"""Name of the variant that all others are compared with: the config without a change."""

Paths = Annotated[tuple[Text, ...], NotEmpty]
"""Dotted paths into a config; ``*`` stands for every name there, ``name?`` for one that may be missing."""


class Variant(Section):
    """One change of a config.

    Attributes:
        name: What it is called; unique in its space.
        factor: What it is a change of, such as ``"beta"``; variants of one factor are shown together.
        overrides: Path -> value, see `Paths`, for instance ``{"experts.*.expert.reduction": 1 / 32}``.
        policy: Whose quality is read.
        package: The distribution that brings its components, if the toolkit does not.
    """

    name: Text
    factor: Text
    overrides: FrozenMapping[str, Any] = FrozenDict({})
    policy: Literal["actual", "top2", "dense-equal", "dense", "oracle"] = "actual"
    package: str = ""


class Choices(Section):
    """A factor that takes one of some values.

    Attributes:
        paths: What is set to it.
        values: In the order of tables and axes.
    """

    paths: Paths
    values: Annotated[tuple[Any, ...], NotEmpty]


class Interval(Section):
    """A factor that takes any number between two.

    Attributes:
        paths: What is set to it.
        low: Smallest value.
        high: Largest value.
        log: All orders of magnitude are as likely, instead of all numbers.
        whole: Whole numbers only, as settings such as ``router.iterations`` take; both ends are among them.
    """

    paths: Paths
    low: Finite
    high: Finite
    log: Flag = False
    whole: Flag = False

    @model_validator(mode="after")
    def _check_ends(self) -> Interval:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(
                f"expected {'0 < ' if self.log else ''}low < high, got {self.low} and {self.high}"
            )
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"expected whole numbers as low and high, got {self.low} and {self.high}")
        return self


def _kind_of_factor(value: Any) -> str:
    with_ends = isinstance(value, Interval) or (isinstance(value, Mapping) and "low" in value)
    return "<interval>" if with_ends else "<choices>"


Factor = Annotated[
    Annotated[Choices, Tag("<choices>")] | Annotated[Interval, Tag("<interval>")],
    Discriminator(_kind_of_factor),
]


class SearchSpace(Section):
    """What a search varies: ``variants``, each on its own, or ``factors``, all together.

    Attributes:
        name: What ``--space`` asks for.
        about: What it is for, in a sentence.
        variants: Changes, each compared with the config as it is.
        factors: Name -> the values it takes.
    """

    name: Text
    about: str = ""
    variants: tuple[Variant, ...] = ()
    factors: FrozenMapping[Text, Factor] = FrozenDict({})

    @model_validator(mode="after")
    def _check_contents(self) -> SearchSpace:
        if bool(self.variants) == bool(self.factors):
            raise ValueError(f"expected either variants or factors in space {self.name!r}")
        names = [REFERENCE, *(variant.name for variant in self.variants)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"expected variants of different names in space {self.name!r}, got {twice} twice"
            )
        paths = [path for factor in self.factors.values() for path in factor.paths]
        again = sorted({path for path in paths if paths.count(path) > 1})
        if again:
            raise ValueError(f"expected every path in one factor of space {self.name!r}, got {again} twice")
        return self
