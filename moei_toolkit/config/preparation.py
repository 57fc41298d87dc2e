"""The config of a preparation: from files as they were published to a prepared set."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict, FrozenMapping
from moei_toolkit.config.kinds import (
    Count,
    Flag,
    Name,
    NotEmpty,
    NotNegative,
    Section,
    Seed,
    Side,
    Split,
)
from moei_toolkit.config.sections.imports import CustomImports


class FileChecks(Section):
    """What is asked of image files.

    Attributes:
        smallest_side: Images with a shorter side are not used, pixels.
        largest_shift: A pair is misaligned when it is shifted by more, pixels.
        misaligned: What becomes of such a pair: "list" names it, "drop" leaves it out, "repair" crops both
            images to what they share.
        distance: Clean images whose perceptual hashes differ in so many of 64 bits or fewer are duplicates.
    """

    smallest_side: Side = 64
    largest_shift: NotNegative = 0.5
    misaligned: Literal["list", "drop", "repair"] = "list"
    distance: Annotated[int, Field(strict=True, ge=0, le=8)] = 4


class Preparation(Section):
    """Everything a prepared set is made from.

    Attributes:
        seed: What every random number comes from.
        layout: How the files lie, and where.
        weather: Drawn over scenes that come without degraded images, by task.
        draws: Weather draws per scene and task, for each split.
        shares: Of the splits, 0 for none, where the data set has no splits of its own; of those it has,
            "train" is divided.
        storage: "lmdb" copies pixels into one file from which a crop costs a crop; "files" leaves them where
            they are; None is what the set has already, and "lmdb" for a new one.
        checks: What is asked of files.
        report: Whether a page to look at is written.
        custom_imports: Modules that register components.
    """

    seed: Seed = 0
    layout: Component
    weather: Annotated[FrozenMapping[Name, Component], NotEmpty]
    draws: FrozenMapping[Split, Count] = FrozenDict(
        {"train": 2, "route": 2, "calibrate": 2, "val": 1, "test": 4}
    )
    shares: Annotated[FrozenMapping[Split, NotNegative], NotEmpty] = FrozenDict(
        {"train": 0.68, "route": 0.12, "calibrate": 0.08, "val": 0.04, "test": 0.08}
    )
    storage: Literal["lmdb", "files"] | None = None
    checks: FileChecks = FileChecks()
    report: Flag = True
    custom_imports: CustomImports | None = None
