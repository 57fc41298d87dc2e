"""A small restoration of the whole image, which says how bright its parts are that tiles see none of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from moei_toolkit.data.streamed_views import area_shares
from moei_toolkit.inference.tiling import Tile

CELLS = 4
"""Parts of each side of a tile over which it is held against the guide."""


def guide_size(height: int, width: int, short_side: int) -> tuple[int, int] | None:
    """Return rows and columns of the guide of an image; None where the image itself is no larger."""
    scale = short_side / min(height, width)
    return (max(1, round(height * scale)), max(1, round(width * scale))) if scale < 1 else None


class Guide:
    """Gives tiles the low frequencies of a restoration of the whole image at a small size.

    A tile of a large image is a wall or a piece of sky; how bright it is behind haze shows from afar only. So
    what a network makes of a tile keeps its details, and gets the means over ``CELLS`` x ``CELLS`` parts that
    the network gives them where it sees the whole. Differences are interpolated between the middles of
    the parts; a tile that agrees with the guide stays as it is.

    Args:
        planes: (3, h, w), the small restoration.
        height: Rows of the image.
        width: Columns of the image.
    """

    def __init__(self, planes: np.ndarray, height: int, width: int) -> None:
        self._planes = planes.astype(np.float32)
        rows, columns = planes.shape[1:]
        self._along_rows = _Axis(rows, height)
        self._along_columns = _Axis(columns, width)

    def lead(self, tile: Tile, pixels: np.ndarray) -> np.ndarray:
        """Return a restored tile (3, h, w) with the low frequencies of the guide; see `Finish`."""
        rows = self._along_rows.part(tile.top, tile.height)
        columns = self._along_columns.part(tile.left, tile.width)
        wanted = rows.of_guide @ self._planes @ columns.of_guide.T
        found = rows.of_tile @ (pixels @ columns.of_tile.T)
        return pixels + rows.back @ (wanted - found) @ columns.back.T


@dataclass(frozen=True)
class _Part:
    """What turns one side of a tile into means over its cells, and differences of cells back into pixels.

    Attributes:
        of_guide: (cells, guide).
        of_tile: (cells, pixels).
        back: (pixels, cells).
    """

    of_guide: np.ndarray
    of_tile: np.ndarray
    back: np.ndarray


class _Axis:
    """One axis of guide and image.

    Args:
        guide: Its length in pixels of the guide.
        image: In pixels of the image.
    """

    def __init__(self, guide: int, image: int) -> None:
        self._guide, self._scale = guide, guide / image
        self.part = cache(self._part)  # the tiles of a row or column share theirs

    def _part(self, start: int, length: int) -> _Part:
        cells = min(CELLS, length)
        means = area_shares(length, cells, 0, length)
        pixels = np.arange(length) + 0.5
        of_guide = means @ _interpolation((start + pixels) * self._scale, self._guide)
        back = _interpolation(pixels * (cells / length), cells)
        return _Part(*(matrix.astype(np.float32) for matrix in (of_guide, means, back)))


def _interpolation(places: np.ndarray, length: int) -> np.ndarray:
    """Return (len(places), length): weights of linear interpolation between the middles of so many pixels.

    Beyond the outer middles, their pixels go on.
    """
    position = np.clip(places - 0.5, 0, length - 1)
    before = np.minimum(position.astype(int), max(length - 2, 0))
    share = position - before
    weights = np.zeros((len(places), length))
    index = np.arange(len(places))
    weights[index, before] = 1 - share
    weights[index, np.minimum(before + 1, length - 1)] += share
    return weights
