"""Run a network over an image tile by tile, reading it from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import numpy as np

from moei_toolkit.data.views import to_planes
from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.blending import RowBlender
from moei_toolkit.inference.tiling import Tile, tile_grid
from moei_toolkit.io.pixel_source import PixelSource

TileFunction = Callable[[np.ndarray], np.ndarray]


def restore_tiled(
    source: PixelSource,
    fn: TileFunction,
    tile: int = 512,
    overlap: int = 64,
    window: str = "hann",
    batch: int = 1,
    align: int = 1,
) -> Iterator[tuple[int, np.ndarray]]:
    """Run a network over an image tile by tile.

    Tiles become floats one at a time, and one band of them is held, so memory does not grow with the height
    of the image.

    Args:
        source: The image, of any height and width.
        fn: Maps (B, 3, h, w) float32 in [0, 1] to (B, C, h, w), C = 3 or several restorations stacked. It
            pads to what the network needs and crops back. All tiles of an image come in one size: shorter
            ones are continued by the border of the image, as the network would.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
        window: See `axis_weights`.
        batch: Most tiles per call, >= 1; those of a call lie in one row.
        align: See `tile_starts`.

    Yields:
        (top, rows): finished rows (C, h, W), float32, not clipped, from top to bottom.

    Raises:
        ConfigError: Tile, overlap, window or batch are out of range.
        DataError: The network returns another shape or NaN.
    """
    if batch < 1:
        raise ConfigError(f"batch must be at least 1 tile, got {batch}")
    blender = RowBlender(source.height, source.width, tile, overlap, window, align)
    grid = tile_grid(source.height, source.width, tile, overlap, align)
    for top, row in groupby(grid, key=lambda part: part.top):
        tiles = list(row)
        band = source.rows(top, top + tiles[0].height)
        for start in range(0, len(tiles), batch):
            group = tiles[start : start + batch]
            crops = np.stack([_crop(band, part, grid[0]) for part in group])
            for part, pixels in zip(group, _run(crops, fn), strict=True):
                yield from blender.add(part, pixels[:, : part.height, : part.width])


def _crop(band: np.ndarray, part: Tile, full: Tile) -> np.ndarray:
    planes = to_planes(band[:, part.left : part.left + part.width])
    below, beside = full.height - part.height, full.width - part.width
    return np.pad(planes, ((0, 0), (0, below), (0, beside)), "edge") if below or beside else planes


def _run(crops: np.ndarray, fn: TileFunction) -> np.ndarray:
    restored = fn(crops)
    if restored.shape[0] != crops.shape[0] or restored.shape[2:] != crops.shape[2:]:
        raise DataError(f"the network turned tiles {crops.shape} into {restored.shape}")
    return restored
