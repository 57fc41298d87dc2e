"""Where clean scenes come from: the contract of every data set layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

SPLITS = ("train", "route", "calibrate", "val", "test")
Loader = Callable[[], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Scene:
    """A clean scene, read or made only when it is loaded.

    Attributes:
        id: Unique name.
        split: One of ``SPLITS``.
        dataset: Data set it belongs to.
        capture_id: Shared by scenes that come from one photograph; those are all in one split.
        source: "photograph" or "generated".
        load: Returns (H, W, 3) uint8 RGB pixels and (H, W) float32 depth in [0, 1]; it must survive
            pickling, because scenes are loaded in worker processes.
    """

    id: str
    split: str
    dataset: str
    capture_id: str
    source: str
    load: Loader


class Layout(ABC):
    """A source of clean scenes, split by scene."""

    @abstractmethod
    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield every scene, always in the same order.

        Args:
            seed: Of everything random in the scenes.

        Raises:
            DataError: When the data are not there.
        """
