"""A small restoration of the whole image, which says how bright its parts are that tiles see none of."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np

from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.tiling import Tile

CELLS = 4
"""Parts of each side of a tile over which it is held against the guide."""


def guide_size(protocol: Protocol, route: str, height: int, width: int) -> tuple[int, int] | None:
    """Return rows and columns of the guide of an image.

    None where the route has no guide, or the image itself is no larger.
    """
    scale = protocol.guides.get(route, math.inf) / min(height, width)
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
        self._rows = cache(lambda start, length: _Side(start, length, rows, height))
        self._columns = cache(lambda start, length: _Side(start, length, columns, width))

    def lead(self, tile: Tile, pixels: np.ndarray) -> np.ndarray:
        """Return a restored tile (3, h, w) with the low frequencies of the guide; see `Finish`."""
        rows, columns = self._rows(tile.top, tile.height), self._columns(tile.left, tile.width)
        seen = self._planes[:, rows.seen, columns.seen]
        # No matrix products: the threads of NumPy would stay in the way of those of the network.
        wanted = np.einsum("ir,jc,krc->ijk", rows.of_guide, columns.of_guide, seen)
        image = np.ascontiguousarray(pixels.transpose(1, 2, 0), np.float32)
        change = wanted - columns.means(rows.means(image, 0), 1)
        led = rows.added(image.reshape(tile.height, -1), np.einsum("wj,ijk->iwk", columns.back, change))
        return led.reshape(image.shape).transpose(2, 0, 1)


class _Side:
    """One side of a tile, in cells.

    Args:
        start: Its first pixel in the image.
        length: In pixels.
        guide: Pixels that the guide has for the whole axis.
        image: Pixels that the image has.

    Attributes:
        seen: The pixels of the guide that count.
        of_guide: (cells, seen): what of the guide, were it enlarged, a cell is the mean of.
        back: (pixels, cells): interpolates between the middles of the cells.
    """

    def __init__(self, start: int, length: int, guide: int, image: int) -> None:
        self._edges = np.linspace(0, length, min(CELLS, length) + 1).round().astype(int)
        pixels = np.arange(length) + 0.5
        enlarged = _interpolation((start + pixels) * (guide / image) - 0.5, np.arange(guide))
        of_guide = self.means(enlarged, 0)
        (counting,) = np.nonzero(of_guide.any(0))
        self.seen = slice(int(counting[0]), int(counting[-1]) + 1)
        self.of_guide = of_guide[:, self.seen].astype(np.float32)
        self._middles = (self._edges[:-1] + self._edges[1:]) / 2
        self.back = _interpolation(pixels, self._middles).astype(np.float32)

    def means(self, values: np.ndarray, axis: int) -> np.ndarray:
        """Return the means over every cell along an axis."""
        along = np.moveaxis(values, axis, 0)
        return np.stack([along[first:end].mean(0) for first, end in pairwise(self._edges)], axis)

    def added(self, pixels: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Return (pixels, n), to which rows of cells are added as they are between their middles."""
        cells, led = cells.reshape(len(cells), -1), np.empty_like(pixels)
        bounds = [0, *np.ceil(self._middles).astype(int), len(self.back)]
        for number, (first, end) in enumerate(pairwise(bounds)):
            above, below = max(number - 1, 0), min(number, len(cells) - 1)
            change = cells[above]
            if above != below:
                change = change + self.back[first:end, below, None] * (cells[below] - cells[above])
            np.add(pixels[first:end], change, out=led[first:end])
        return led


def _interpolation(places: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return (places, points): weights of linear interpolation between points; the outer ones go on."""
    return np.stack([np.interp(places, points, row) for row in np.eye(len(points))], axis=1)
