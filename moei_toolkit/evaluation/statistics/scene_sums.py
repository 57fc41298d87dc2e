"""Images of one scene are no independent samples: what is resampled and tested are scenes.

A mean of means over strata needs of every scene only its sums and counts, whichever scenes are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError

ROUNDING = 1e-9
"""Relative to the largest of some means, a difference between them below this is rounding."""


@dataclass(frozen=True)
class SceneSums:
    """Values of images, added up by scene (C) and stratum (S) in several columns (M).

    Attributes:
        strata: S names, sorted.
        sums: (C, S, M); scenes of one group lie together.
        counts: (C, S) images.
        groups: Sizes of the groups of scenes that are resampled among themselves; they add up to C.
    """

    strata: tuple[str, ...]
    sums: np.ndarray
    counts: np.ndarray
    groups: tuple[int, ...]

    @property
    def shortfall(self) -> str | None:
        """Why these scenes allow no interval; None if they do."""
        held = dict(zip(self.strata, (self.counts > 0).sum(0).tolist(), strict=True))
        lone = [name for name, scenes in held.items() if scenes < 2]
        if not lone:
            return None
        return f"an interval needs two scenes or more, got one of {', '.join(lone)}. Test on more scenes."

    def mean(self) -> np.ndarray:
        """Return the mean over strata of the mean over images, (M,)."""
        return macro_mean(self.sums.sum(0), self.counts.sum(0))

    def without_each(self) -> np.ndarray:
        """Return the mean without each scene, (C, M); every stratum must be held by two scenes or more."""
        return macro_mean(self.sums.sum(0) - self.sums, self.counts.sum(0) - self.counts)

    def of_scenes(self) -> np.ndarray:
        """Return for every scene the mean over the strata it holds of the mean over images, (C, M)."""
        held = self.counts > 0
        means = self.sums / np.maximum(self.counts, 1)[..., None]
        return np.asarray(means.sum(1) / held.sum(1)[:, None])


def macro_mean(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean over strata of sums (..., S, M) over counts (..., S), all above 0; (..., M)."""
    return np.asarray((sums / counts[..., None]).mean(-2))


def sum_by_scene(values: np.ndarray, scenes: np.ndarray, strata: np.ndarray) -> SceneSums:
    """Add values up by scene.

    Scenes that hold the same strata form a group, so that no resample lacks a stratum. Where a scene is the
    only one of its kind, nothing can be drawn in its place, and all scenes form one group.

    Args:
        values: (N, M) of images.
        scenes: (N,) label of the scene of each image.
        strata: (N,) label of what the mean is macro-averaged over.

    Raises:
        DataError: If there are no values, some are not finite, or lengths differ.
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or not len(table) or not (len(table) == len(scenes) == len(strata)):
        raise DataError(
            f"expected values (N, M) and as many labels, N >= 1, got {table.shape}, {len(scenes)} scenes and "
            f"{len(strata)} strata"
        )
    if not np.isfinite(table).all():
        raise DataError("values of images must be finite, some are NaN or infinite")
    scene_names, scene = np.unique(scenes, return_inverse=True)
    stratum_names, stratum = np.unique(strata, return_inverse=True)
    counts = np.zeros((len(scene_names), len(stratum_names)))
    sums = np.zeros((*counts.shape, table.shape[1]))
    np.add.at(counts, (scene, stratum), 1)
    np.add.at(sums, (scene, stratum), table)
    _, kind, sizes = np.unique(counts > 0, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(kind.reshape(-1), kind="stable")
    groups = sizes if sizes.min() > 1 else [len(scene_names)]
    return SceneSums(
        tuple(map(str, stratum_names)), sums[order], counts[order], tuple(int(size) for size in groups)
    )
