"""A small restoration of the whole image, which tells tiles how bright their parts are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np

from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.tiles.tiling import Tile

CELLS = 4
"""Parts of each side of a tile over which it is held against the guide."""

LONGEST = 16
"""How many times as long as its short side a guide may be: all of it lies in memory."""

_STRIP = 1 << 16
"""Values changed at once: what is added to them stays in the cache."""


def guide_size(protocol: Protocol, route: str, height: int, width: int) -> tuple[int, int] | None:
    """Return rows and columns of the guide of an image.

    None where the route has no guide, the image itself is no larger, or it is longer than `LONGEST` times
    its short side.
    """
    short, long = sorted((height, width))
    scale = protocol.guides.get(route, math.inf) / short
    return None if scale >= 1 or long > LONGEST * short else (round(height * scale), round(width * scale))


class Guide:
    """Gives tiles the low frequencies of what is done to the whole image at a small size.

    A tile of a large image is a wall or a piece of sky; how bright it is behind haze shows from afar only. So
    what a network makes of a tile keeps its details, while the means over ``CELLS`` x ``CELLS`` parts change
    by as much as the network changes them where it sees the whole. Differences are interpolated between the
    middles of the parts; a tile that agrees with the guide stays as it is.

    Args:
        before: (3, h, w), the whole image, reduced.
        after: (3, h, w), what is made of it.
        height: Rows of the image.
        width: Columns of the image.
    """

    def __init__(self, before: np.ndarray, after: np.ndarray, height: int, width: int) -> None:
        self._change = np.subtract(after, before, dtype=np.float32)
        rows, columns = before.shape[1:]
        self._rows = cache(lambda start, length: _Side(start, length, rows, height))
        self._columns = cache(lambda start, length: _Side(start, length, columns, width))

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._change.shape[1], self._change.shape[2]

    def lead(self, tile: Tile, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return what a network made of a tile with the low frequencies of the guide; see `Finish`."""
        rows, columns = self._rows(tile.top, tile.height), self._columns(tile.left, tile.width)
        seen = self._change[:, rows.seen, columns.seen]
        # No matrix products: the threads of NumPy would stay in the way of those of the network.
        wanted = np.einsum("jc,ikc->ijk", columns.of_guide, np.einsum("ir,krc->ikc", rows.of_guide, seen))
        led = after if after.flags.writeable else after.copy()
        image = led.transpose(1, 2, 0)
        made = columns.means(rows.means(image, 0) - rows.means(before.transpose(1, 2, 0), 0), 1)
        for sheet, cells in _sheets(led, np.einsum("wj,ijk->kiw", columns.back, wanted - made)):
            rows.add(sheet, cells)
        return led


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
        self._middles = (self._edges[:-1] + self._edges[1:]) / 2
        pixels = np.arange(length) + 0.5
        places = np.clip((start + pixels) * (guide / image) - 0.5, 0, guide - 1)
        self.seen = slice(math.floor(places[0]), math.ceil(places[-1]) + 1)
        self.of_guide = self.means(_shares(places - self.seen.start, self.seen.stop - self.seen.start), 0)
        cells = len(self._middles)
        self.back = _shares(np.interp(pixels, self._middles, np.arange(cells)), cells)

    def means(self, values: np.ndarray, axis: int) -> np.ndarray:
        """Return the means over every cell along an axis."""
        along = np.moveaxis(values, axis, 0)
        return np.stack([along[first:end].mean(0) for first, end in pairwise(self._edges)], axis)

    def add(self, sheet: np.ndarray, cells: np.ndarray) -> None:
        """Add (cells, n) to a sheet (pixels, n), as they are between their middles."""
        strip = max(1, _STRIP // sheet.shape[1])
        bounds = [0, *np.ceil(self._middles).astype(int), len(self.back)]
        for number, (first, end) in enumerate(pairwise(bounds)):
            above, below = max(number - 1, 0), min(number, len(cells) - 1)
            slope = cells[below] - cells[above]
            for start in range(first, end, strip):
                rows = slice(start, min(start + strip, end))
                added = self.back[rows, below, None] * slope
                added += cells[above]
                sheet[rows] += added


def _sheets(image: np.ndarray, cells: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield an image (3, h, w) as sheets (h, n) of it, whose rows lie in one piece, with their (cells, n).

    Channels may lie last in memory, then there is one sheet; else each is one.
    """
    pixel = len(image) * image.itemsize
    if image.strides[0] == image.itemsize and image.strides[2] == pixel:
        whole = image.transpose(1, 2, 0), cells.transpose(1, 2, 0)
        image, cells = (part.reshape(1, len(part), -1) for part in whole)
    yield from zip(image, cells, strict=True)


def _shares(places: np.ndarray, points: int) -> np.ndarray:
    """Return (places, points), float32: how much each point counts where lines are drawn between them."""
    return np.clip(1 - np.abs(places[:, None] - np.arange(points)), 0, None).astype(np.float32)
