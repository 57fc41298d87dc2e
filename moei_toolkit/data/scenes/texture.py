"""Surfaces: colour noise, warped stripes, speckle, bricks, and patches of photographs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from moei_toolkit.data.fields import spectral_noise, standardise
from moei_toolkit.data.scenes.palette import Palette

SIDE = 192
Maker = Callable[[np.random.Generator], np.ndarray]


def noise(rng: np.random.Generator) -> np.ndarray:
    """Return isotropic 1/f noise, (SIDE, SIDE) float32, standardised."""
    return spectral_noise(SIDE, SIDE, rng.uniform(0.6, 1.7), rng)


def grain(rng: np.random.Generator) -> np.ndarray:
    """Return noise stretched along one axis, like wood, bark or fur, (SIDE, SIDE) float32."""
    base = spectral_noise(SIDE, SIDE, rng.uniform(0.4, 1.2), rng)
    length = int(rng.integers(5, 40))
    kernel = (1, length) if rng.random() < 0.65 else (length, 1)
    return standardise(cv2.blur(base, kernel, borderType=cv2.BORDER_REFLECT))


def stripes(rng: np.random.Generator) -> np.ndarray:
    """Return a grating of any profile, warped, (SIDE, SIDE) float32."""
    angle = rng.uniform(0.0, np.pi)
    frequency = 2.0 * np.pi / np.exp(rng.uniform(np.log(4.0), np.log(48.0)))
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    warp = rng.uniform(0.0, 9.0) * spectral_noise(SIDE, SIDE, 2.0, rng)
    wave = np.sin(frequency * (np.cos(angle) * columns + np.sin(angle) * rows + warp))
    return standardise(np.tanh(rng.uniform(0.5, 6.0) * wave) + 0.25 * noise(rng))


def speckle(rng: np.random.Generator) -> np.ndarray:
    """Return bright dots on a quiet ground, like flowers, pebbles or foam, (SIDE, SIDE) float32."""
    lit = rng.random((SIDE, SIDE), dtype=np.float32) < rng.uniform(0.002, 0.03)
    dots = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), np.exp(rng.uniform(np.log(0.6), np.log(3.0))))
    return standardise(dots / max(float(dots.max()), 1e-6) + 0.05 * noise(rng))


def bricks(rng: np.random.Generator) -> np.ndarray:
    """Return a wall of bricks or a window front, (SIDE, SIDE) float32."""
    height, width = int(rng.integers(5, 24)), int(rng.integers(7, 40))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    shift = (rows // height % 2) * (width // 2) * int(rng.random() < 0.6)
    joint = int(rng.integers(1, 4))
    solid = (rows % height >= joint) & ((columns + shift) % width >= joint)
    tones = rng.normal(0.0, 0.35, (SIDE // height + 1, 2 * SIDE // width + 2)).astype(np.float32)
    tone = tones[rows // height, (columns + shift) // width]
    return standardise(solid * (1.0 + tone) + 0.12 * noise(rng))


def facets(rng: np.random.Generator) -> np.ndarray:
    """Return a mosaic of flat pieces, like rock, leaves or scales, (SIDE, SIDE) float32."""
    levels = spectral_noise(SIDE, SIDE, 1.6, rng)
    steps = np.round(levels * rng.uniform(1.0, 4.0))
    return standardise(steps + rng.uniform(0.05, 0.4) * noise(rng))


MAKERS: tuple[tuple[Maker, float], ...] = (
    (noise, 0.34),
    (grain, 0.18),
    (stripes, 0.13),
    (speckle, 0.10),
    (bricks, 0.10),
    (facets, 0.15),
)


class TextureBank:
    """The surfaces of one scene, made once and cut many times.

    Args:
        palette: Colours of the scene.
        photos: Photographs to cut patches from, (H, W, 3) uint8 RGB; may be empty.
        rng: Source of randomness.
        count: Number of surfaces.
    """

    def __init__(
        self, palette: Palette, photos: Sequence[np.ndarray], rng: np.random.Generator, count: int = 9
    ) -> None:
        shares = np.array([share for _, share in MAKERS])
        kinds = rng.choice(len(MAKERS), size=count, p=shares / shares.sum())
        self._palette = palette
        self._grays = [MAKERS[kind][0](rng) for kind in kinds]
        self._rough = spectral_noise(SIDE, SIDE, rng.uniform(0.7, 1.1), rng)
        self._patches: list[np.ndarray] = []
        for photo in (photos[int(rng.integers(len(photos)))] for _ in range(5 if photos else 0)):
            self._take(_patch(photo, rng), photo)

    def cut(self, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
        """Return one coloured surface.

        Args:
            height: Rows.
            width: Columns.
            rng: Source of randomness.

        Returns:
            (height, width, 3) float32 RGB in [0, 1].
        """
        if self._patches and rng.random() < 0.15:
            return _window(self._patches[rng.integers(len(self._patches))], height, width, rng)
        gray = _window(self._grays[rng.integers(len(self._grays))], height, width, rng)
        return tint(gray, *self._palette.pair(rng), rng.uniform(0.25, 1.3))

    def rough(self, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
        """Return a window of standardised 1/f noise, (height, width) float32."""
        return _window(self._rough, height, width, rng)

    def foliage(self, rough: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return leaves in light and shade over (H, W) noise, (H, W, 3) float32 RGB; most often green."""
        dark, bright = self._palette.pair(rng)
        if rng.random() < 0.6:
            green = np.array(
                [rng.uniform(0.35, 0.75), rng.uniform(0.5, 0.8), rng.uniform(0.1, 0.4)], np.float32
            )
            dark, bright = (
                green * np.float32(rng.uniform(0.08, 0.3)),
                green * np.float32(rng.uniform(0.6, 1.1)),
            )
        return tint(-rough if rng.random() < 0.3 else rough, dark, bright, rng.uniform(0.8, 2.2))

    def _take(self, patch: np.ndarray, photo: np.ndarray) -> None:
        """Keep a patch; one without colour becomes a surface to be coloured."""
        if is_gray(photo):
            self._grays.append(standardise(patch[..., 0]))
        else:
            self._patches.append(patch)


def is_gray(photo: np.ndarray) -> bool:
    """Return whether an (H, W, 3) photograph has no colour."""
    return bool((photo[::16, ::16, 0] == photo[::16, ::16, 2]).all())


def tint(gray: np.ndarray, dark: np.ndarray, bright: np.ndarray, contrast: float) -> np.ndarray:
    """Return a standardised (H, W) surface between two colours as (H, W, 3) float32 RGB."""
    level = 0.5 + 0.5 * np.tanh(np.float32(0.7 * contrast) * gray)
    return dark + level[..., None] * (bright - dark)


def _patch(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = int(rng.integers(96, min(photo.shape[:2]) // 2))
    top = rng.integers(photo.shape[0] - side)
    left = rng.integers(photo.shape[1] - side)
    piece = cv2.resize(
        photo[top : top + side, left : left + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    piece = piece.astype(np.float32) / 255.0
    target = rng.uniform(0.25, 0.6)
    return np.clip(piece ** float(np.clip(np.log(target) / np.log(piece.mean() + 1e-3), 0.4, 1.6)), 0.0, 1.0)


def _window(surface: np.ndarray, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Return a window of the surface at a random scale, mirrored when the window is larger."""
    scale = np.exp(rng.uniform(np.log(0.8), np.log(2.2)))
    rows, columns = max(2, round(height * scale)), max(2, round(width * scale))
    if rows > SIDE or columns > SIDE:
        rows, columns = min(rows, SIDE), min(columns, SIDE)
    top, left = rng.integers(SIDE - rows + 1), rng.integers(SIDE - columns + 1)
    piece = surface[top : top + rows, left : left + columns]
    method = cv2.INTER_AREA if rows >= height and columns >= width else cv2.INTER_LINEAR
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    return np.ascontiguousarray(cv2.resize(piece, (width, height), interpolation=method))
