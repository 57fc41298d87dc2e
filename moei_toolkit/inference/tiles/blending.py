"""Join restored tiles without seams, holding one band of them in memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.inference.tiles.tiling import Tile, axis_weights, tile_grid

_STRIP = 64
"""Rows given away at once: whoever takes them makes copies, of a wide image large ones."""


class RowBlender:
    """Blends tiles that arrive row by row and gives back rows as soon as no later tile touches them.

    It holds one band of tiles, channels x tile height x image width values, and one tile; in float32,
    whatever the precision of the tiles.

    Args:
        height: Image height in pixels.
        width: Image width in pixels.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
        window: See `axis_weights`.
        align: See `tile_spans`.

    Raises:
        ConfigError: See `axis_weights`.
    """

    def __init__(
        self, height: int, width: int, tile: int, overlap: int, window: str = "hann", align: int = 1
    ) -> None:
        self._height, self._width = height, width
        self._rows = axis_weights(height, tile, overlap, window, align)
        self._columns = axis_weights(width, tile, overlap, window, align)
        self._band = np.zeros((0, min(tile, height), width), np.float32)
        self._weighted = np.empty((0, 0, 0), np.float32)
        self._expected = iter(tile_grid(height, width, tile, overlap, align))

    def add(self, tile: Tile, pixels: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Add one tile.

        Args:
            tile: The next tile of the grid, row by row.
            pixels: (C, tile.height, tile.width), any floating point type; C is that of the first tile.

        Yields:
            (top, rows) with rows (C, h, W) float32, top to bottom, when this tile completes them.

        Raises:
            DataError: The tile is not the next one, or the pixels have another shape or are not finite.
        """
        if tile != next(self._expected, None):
            raise DataError(f"tiles must arrive row by row, each once; {tile} is out of order")
        channels = len(self._band) or len(pixels)
        if tuple(pixels.shape) != (channels, tile.height, tile.width):
            expected = (channels, tile.height, tile.width)
            raise DataError(f"expected {expected} pixels for {tile}, got {tuple(pixels.shape)}")
        if not np.isfinite(pixels).all():
            raise DataError(f"the restored tile at row {tile.top}, column {tile.left} holds NaN or infinity")
        if not len(self._band):
            self._band = np.zeros((channels, *self._band.shape[1:]), np.float32)
            self._weighted = np.empty(pixels.shape, np.float32)  # the first tile is as large as any
        weights = self._rows[tile.top][:, None] * self._columns[tile.left]
        weighted = np.multiply(pixels, weights, out=self._weighted[:, : tile.height, : tile.width])
        self._band[:, : tile.height, tile.left : tile.left + tile.width] += weighted
        if tile.left + tile.width == self._width:
            yield from self._finish(tile.top)

    def _finish(self, top: int) -> Iterator[tuple[int, np.ndarray]]:
        """Take the rows above the next band out of the buffer and move the rest up."""
        below = min((start for start in self._rows if start > top), default=self._height)
        done = below - top
        for start in range(0, done, _STRIP):
            yield top + start, self._band[:, start : min(start + _STRIP, done)].copy()
        for plane in self._band:  # one at a time: what is moved is copied
            rest = plane[done:].copy()
            plane[: len(rest)] = rest
            plane[len(rest) :] = 0
