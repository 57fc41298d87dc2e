"""Run a network over an image tile by tile, reading it from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.tiles.blending import RowBlender
from moei_toolkit.inference.tiles.tiling import Tile, network_shape, tile_grid
from moei_toolkit.io.images.pixel_source import PixelSource
from moei_toolkit.io.images.pixels import to_floats

TileFunction = Callable[[np.ndarray], np.ndarray]

Finish = Callable[[Tile, np.ndarray, np.ndarray], np.ndarray]
"""Returns what is blended of a tile, given it, its pixels (3, h, w), and what the network made of them,
(C, h, w), which it may change."""


def restore_tiled(
    source: PixelSource,
    fn: TileFunction,
    tile: int = 512,
    overlap: int = 64,
    window: str = "hann",
    batch: int = 1,
    align: int = 1,
    finish: Finish | None = None,
) -> Iterator[tuple[int, np.ndarray]]:
    """Run a network over an image tile by tile.

    Tiles become floats when it is their turn, and one band of them is held, so memory does not grow with the
    height of the image.

    Args:
        source: The image, of any height and width.
        fn: Maps (B, 3, h, w) float32 in [0, 1] to (B, C, h, w), C = 3 or several restorations stacked. It
            is given sides that are multiples of ``align``, those of the tiles continued by the border of the
            image, and tiles of one size in a call. Channels lie last in memory. It must not change them.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
        window: See `axis_weights`.
        batch: Most tiles per call, >= 1; those of a call lie in one row.
        align: See `tile_spans`.
        finish: What is done to every restored tile.

    Yields:
        (top, rows): finished rows (C, h, W), float32, not clipped, from top to bottom.

    Raises:
        ConfigError: Tile, overlap, window or batch are out of range.
        DataError: The network returns another shape or NaN.
    """
    if batch < 1:
        raise ConfigError(f"batch must be at least 1 tile, got {batch}")
    blender = RowBlender(source.height, source.width, tile, overlap, window, align)
    for top, row in groupby(
        tile_grid(source.height, source.width, tile, overlap, align), key=lambda part: part.top
    ):
        tiles = list(row)
        bottom = top + tiles[0].height
        for part, crop, pixels in _restored(source.rows(top, bottom), _calls(tiles, batch), fn, align):
            yield from blender.add(part, pixels if finish is None else finish(part, crop, pixels))


def _restored(
    band: np.ndarray, calls: Iterable[list[Tile]], fn: TileFunction, align: int
) -> Iterator[tuple[Tile, np.ndarray, np.ndarray]]:
    for tiles in calls:
        crops = _crops(band, tiles, align)
        for part, crop, pixels in zip(tiles, crops, _run(crops, fn), strict=True):
            yield part, *(image[:, : part.height, : part.width] for image in (crop, pixels))


def _calls(row: list[Tile], batch: int) -> Iterator[list[Tile]]:
    for _, alike in groupby(row, key=lambda part: part.width):
        tiles = list(alike)
        for start in range(0, len(tiles), batch):
            yield tiles[start : start + batch]


def _crops(band: np.ndarray, tiles: Sequence[Tile], align: int) -> np.ndarray:
    """Return (B, 3, h, w); channels lie last in memory, as they do in the band."""
    crops = np.empty((len(tiles), *network_shape(tiles[0], align), 3), np.float32)
    for crop, part in zip(crops, tiles, strict=True):
        to_floats(band[:, part.left : part.left + part.width], out=crop[: part.height, : part.width])
        crop[part.height :] = crop[part.height - 1]
        crop[:, part.width :] = crop[:, part.width - 1, None]
    return crops.transpose(0, 3, 1, 2)


def _run(crops: np.ndarray, fn: TileFunction) -> np.ndarray:
    restored = fn(crops)
    if restored.shape[0] != crops.shape[0] or restored.shape[2:] != crops.shape[2:]:
        raise DataError(f"the network turned tiles {crops.shape} into {restored.shape}")
    return restored
