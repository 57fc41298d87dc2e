"""Scenes whose images lie on a disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np

from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.data.layouts.base import DegradedFile, Leftover, Scene
from moei_toolkit.data.layouts.pairing import Match
from moei_toolkit.io.images.pixels import to_eight_bits
from moei_toolkit.io.images.reading import read_image


@dataclass(frozen=True)
class FileScene:
    """A scene before a seed is known; its attributes are those of `Scene`."""

    id: str
    split: str | None
    capture_id: str
    path: Path
    degraded: tuple[DegradedFile, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Its own id and those of its degraded images."""
        return (self.id, *(file.id for file in self.degraded))


@dataclass(frozen=True)
class Reading:
    """What a layout found below its root.

    Attributes:
        dataset: Name of the data set.
        found: Its scenes, in order.
        leftovers: What belongs to none of them, in order.
    """

    dataset: str
    found: tuple[FileScene, ...]
    leftovers: tuple[Leftover, ...]

    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield the scenes; the seed decides what is random in the depth of each."""
        for one in self.found:
            load = partial(load_scene, one.path, one.id, seed)
            yield Scene(
                one.id, one.split, self.dataset, one.capture_id, "photograph", load, one.path, one.degraded
            )


def scene_of(match: Match, split: str | None, prefix: str, capture: str) -> FileScene:
    """Return the scene of a clean image and its degraded ones.

    Args:
        match: The images.
        split: Of the scene.
        prefix: What ids start with.
        capture: Its capture.
    """
    degraded = tuple(
        DegradedFile(
            f"{prefix}{one.file.id}-{one.variant.label}",
            str(one.variant.degradation),
            one.file.path,
            one.variant.level,
        )
        for one in match.degraded
    )
    return FileScene(f"{prefix}{match.clean.id}", split, capture, match.clean.path, degraded)


def gather_scenes(dataset: str, scenes: Iterable[FileScene], leftovers: Iterable[Leftover]) -> Reading:
    """Put scenes and leftovers in order, and leave out scenes with an id that another image has already."""
    kept: list[FileScene] = []
    clashing: list[Leftover] = []
    taken: set[str] = set()
    for one in sorted(scenes, key=lambda scene: scene.id):
        if repeated := taken.intersection(one.ids):
            reason = f"the id {min(repeated)!r} of its scene is taken by another image; rename it"
            clashing += [Leftover(path, reason) for path in (one.path, *(file.path for file in one.degraded))]
        else:
            kept.append(one)
            taken.update(one.ids)
    ordered = sorted([*leftovers, *clashing], key=lambda leftover: str(leftover.path))
    return Reading(dataset, tuple(kept), tuple(ordered))


def load_scene(path: Path, name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Read a photograph and estimate its depth.

    Args:
        path: The file; 16 bits per sample are reduced to 8, rounded, and opacity is left out.
        name: Of the scene; with the seed it decides what is random in the depth.
        seed: Of everything random.

    Returns:
        (H, W, 3) uint8 RGB and (H, W) float32 in [0, 1], 0 is near and 1 is far.

    Raises:
        ImageError: The file cannot be read.
    """
    pixels = to_eight_bits(read_image(path).pixels)
    rng = np.random.default_rng([seed, crc32(name.encode())])
    return pixels, estimate_depth(pixels.astype(np.float32) / 255.0, rng)
