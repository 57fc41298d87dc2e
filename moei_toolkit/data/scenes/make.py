"""Make one generated scene: choose a kind, paint it, and finish it like a camera would."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moei_toolkit.data.fields import smooth_field
from moei_toolkit.data.scenes.air import fade_distance
from moei_toolkit.data.scenes.camera import photograph
from moei_toolkit.data.scenes.kinds import SCENE_KINDS, make_setting
from moei_toolkit.errors import DataError, did_you_mean

NEAR_OR_DARK = frozenset({"leaves", "close_up", "night", "star_sky"})
"""Kinds of scenes in which no air shows."""
SMALLEST_SIDE = 16
"""Least rows and columns of a scene, in pixels."""


def make_scene(
    height: int,
    width: int,
    rng: np.random.Generator,
    photos: Sequence[np.ndarray] = (),
    kind: str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Make a picture without weather and its true depth.

    Args:
        height: Rows, at least 16.
        width: Columns, at least 16.
        rng: Source of randomness; the same state gives the same bytes.
        photos: Photographs to take colours and surfaces from, (H, W, 3) uint8 RGB.
        kind: Name in ``SCENE_KINDS``; drawn by its share when None.

    Returns:
        (H, W, 3) uint8 RGB and (H, W) float32 depth in [0, 1], 0 is near and 1 is far.

    Raises:
        DataError: When the kind is unknown or the size too small.
    """
    if min(height, width) < SMALLEST_SIDE:
        raise DataError(
            f"scene: expected at least {SMALLEST_SIDE} x {SMALLEST_SIDE} pixels, got {height} x {width}. "
            "Ask for a larger one."
        )
    if kind is not None and kind not in SCENE_KINDS:
        raise DataError(f"scene: unknown kind {kind!r}. {did_you_mean(kind, SCENE_KINDS)}")
    chosen = kind or draw_kind(rng)
    setting = make_setting((height, width), photos, rng)
    SCENE_KINDS[chosen][0](setting, rng)
    light = smooth_field(height, width, rng, grid=16, exponent=2.0)
    lit = setting.canvas.colour * np.exp(np.float32(rng.uniform(0.0, 0.33)) * light)[..., None]
    depth = np.clip(setting.canvas.depth, 0.0, 1.0)
    if chosen not in NEAR_OR_DARK:
        lit = fade_distance(lit, depth, rng)
    return photograph(lit, depth, rng), depth


def draw_kind(rng: np.random.Generator) -> str:
    """Draw the kind of a scene by its share."""
    shares = np.array([share for _, share in SCENE_KINDS.values()])
    return str(rng.choice(list(SCENE_KINDS), p=shares / shares.sum()))
