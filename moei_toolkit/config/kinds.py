"""The kinds of numbers and names that the sections of a config are made of."""

from __future__ import annotations

import keyword
from collections.abc import Sized
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from moei_toolkit.config.frozen import FrozenMapping
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, INPUT, ORACLE, TOP2

T = TypeVar("T", bound=Sized)


def _check_not_empty(value: T) -> T:
    if not value:
        raise ValueError(f"expected it not to be empty, got {value!r}")
    return value


_RESERVED = (DENSE, CLEAN, INPUT, ACTUAL, TOP2, ORACLE, "macro")


def _check_name(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"expected a name of letters, digits and underscores, got {name!r}")
    if name in _RESERVED:
        raise ValueError(f"expected another name: '{name}' is reserved")
    return name


NotEmpty = AfterValidator(_check_not_empty)
Text = Annotated[str, NotEmpty]
Count = Annotated[int, Field(strict=True, ge=1)]
Side = Annotated[int, Field(strict=True, ge=8)]
CropSide = Annotated[Side, Field(le=4096)]
BatchSize = Annotated[Count, Field(le=4096)]
Seed = Annotated[int, Field(strict=True, ge=0)]
Flag = Annotated[bool, Field(strict=True)]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
Decay = Annotated[float, Field(strict=True, ge=0, lt=1)]
Name = Annotated[str, AfterValidator(_check_name)]
Split = Literal["train", "route", "calibrate", "val", "test"]
Weights = Annotated[FrozenMapping[str, Positive], NotEmpty]


class Section(BaseModel):
    """A part of the config: cannot be changed, and knows its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
