"""Where scenes come from: the contract of every data set layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SPLITS = ("train", "route", "calibrate", "val", "test")
TRAIN, VAL, TEST = "train", "val", "test"
"""Splits that are published too; nothing is learnt from "test" or chosen by it."""
Loader = Callable[[], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class DegradedFile:
    """A degraded image of a scene that lies on a disk.

    Attributes:
        id: Unique name of the image.
        degradation: Its task.
        path: The file.
        level: Published strength in [0, 1]; None where there is none.
    """

    id: str
    degradation: str
    path: Path
    level: float | None = None


@dataclass(frozen=True)
class Scene:
    """A clean scene, read or made only when it is loaded, and the degraded images of it that exist.

    Attributes:
        id: Unique name.
        split: One of ``SPLITS``; None where nobody has decided, and preparation may.
        dataset: Data set it belongs to.
        capture_id: Shared by scenes that come from one photograph or burst; those are all in one split.
        source: "photograph" or "generated".
        load: Returns (H, W, 3) uint8 RGB pixels and (H, W) float32 depth in [0, 1]; it must survive
            pickling, because scenes are loaded in worker processes.
        path: The clean file; None for a scene that does not lie on a disk.
        degraded: Degraded images that exist; weather is synthesised for a scene without any.
    """

    id: str
    split: str | None
    dataset: str
    capture_id: str
    source: str
    load: Loader
    path: Path | None = None
    degraded: tuple[DegradedFile, ...] = ()


@dataclass(frozen=True)
class Leftover:
    """A file below the root of a layout that is part of no scene.

    Attributes:
        path: The file, or a folder of which nothing is used.
        reason: Why, for people: what was expected and not found.
        meant: Whether the layout leaves it out on purpose, so that nothing is wrong.
    """

    path: Path
    reason: str
    meant: bool = False


class Layout(ABC):
    """A source of scenes."""

    @abstractmethod
    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield every scene, always in the same order, without reading any pixels.

        Args:
            seed: Of everything random in the scenes.

        Raises:
            DataError: When the data are not there.
        """

    def leftovers(self) -> Iterator[Leftover]:
        """Yield the files that look like images of this data set but belong to no scene, in order."""
        return iter(())
