"""Smaller tiles where memory has run out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moei_toolkit.inference.tiles.tiled import TileFunction, restore_tiled
from moei_toolkit.inference.tiles.tiling import up_to_multiple
from moei_toolkit.io.images.pixel_source import ArraySource


class HalvingTiles:
    """Calls a network, and cuts its tiles smaller for good once it has run out of memory.

    Tiles that do not fit together are restored one by one. One that does not fit is itself restored by tiles
    of half its side, so that what is already restored of the image stays. Smaller tiles see less around them:
    the result differs a little, which is why it is said.

    Args:
        fn: The network; raises MemoryError when memory runs out.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share; tiles never get as small as twice that.
        window: How tiles are blended.
        on_halved: Told the new side.
        align: What the network pads its sides to.
    """

    def __init__(
        self,
        fn: TileFunction,
        tile: int,
        overlap: int,
        window: str,
        on_halved: Callable[[int], None],
        align: int = 1,
    ) -> None:
        self._fn = fn
        self._tile, self._overlap, self._window, self._align = tile, overlap, window, align
        self._on_halved = on_halved
        self._one_by_one = False

    def __call__(self, tiles: np.ndarray) -> np.ndarray:
        """Restore (B, 3, h, w).

        Raises:
            MemoryError: If even the smallest tile does not fit.
        """
        if self._one_by_one and len(tiles) > 1:
            return np.concatenate([self(tile[None]) for tile in tiles])
        while True:
            try:
                if max(tiles.shape[2:]) <= up_to_multiple(self._tile, self._align):
                    return self._fn(tiles)
                return np.stack([self._in_parts(tile) for tile in tiles])
            except MemoryError:
                if len(tiles) > 1:  # which changes nothing of the picture
                    self._one_by_one = True
                    return self(tiles)
                half = min(self._tile, max(tiles.shape[2:])) // 2
                if half <= 2 * self._overlap or half < self._overlap + self._align:
                    raise
                self._tile = half
                self._on_halved(half)

    def _in_parts(self, tile: np.ndarray) -> np.ndarray:
        source = ArraySource(tile.transpose(1, 2, 0))
        rows = restore_tiled(source, self._fn, self._tile, self._overlap, self._window, align=self._align)
        return np.concatenate([part for _, part in rows], axis=1)
