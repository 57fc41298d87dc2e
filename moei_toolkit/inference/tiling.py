"""Restore an image tile by tile and join the tiles without seams, holding one band of tiles in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.io.images import to_float

Picture = Tensor | np.ndarray


@dataclass(frozen=True)
class Tile:
    """A rectangle of the image, in pixels."""

    top: int
    left: int
    height: int
    width: int


def tile_starts(size: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin along one axis.

    Tiles advance by tile - overlap. The last one is shifted back so that it ends at the border; an axis
    no longer than a tile has one.

    Args:
        size: Pixels of the axis, >= 1.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share at least, 0 <= overlap < tile.

    Raises:
        ConfigError: Tile and overlap do not fit together.
        DataError: The axis has no pixels.
    """
    if not 0 <= overlap < tile:
        raise ConfigError(f"tiles need 0 <= overlap < tile, got tile {tile} and overlap {overlap}")
    if size < 1:
        raise DataError(f"an image side must have at least 1 pixel, got {size}")
    last = max(0, size - tile)
    return [*range(0, last, tile - overlap), last]


def tile_grid(height: int, width: int, tile: int = 512, overlap: int = 64) -> list[Tile]:
    """Return the tiles that cover an image, row by row; all have one size.

    Raises:
        ConfigError: See `tile_starts`.
        DataError: See `tile_starts`.
    """
    tops, lefts = tile_starts(height, tile, overlap), tile_starts(width, tile, overlap)
    return [Tile(top, left, min(tile, height), min(tile, width)) for top in tops for left in lefts]


def axis_weights(size: int, tile: int, overlap: int, window: str = "hann") -> dict[int, Tensor]:
    """Return the blending weights of every tile position along one axis.

    A tile's weight is flat, with a raised cosine ramp sin^2(pi/2 (i + 0.5) / overlap) over the overlap
    on each side that has a neighbour: never 0, and flat towards the image border. The weights
    are then divided by their sum, so they add up to 1 at every pixel, also where the shifted last tile
    overlaps more. The weight of a tile is the product of its two axes.

    Args:
        size: Pixels of the axis.
        tile: Side of a tile in pixels.
        overlap: Length of a ramp in pixels.
        window: ``"hann"``, or ``"uniform"`` for a plain mean of the tiles at each pixel.

    Returns:
        Start of the tile to float32 weights, one per pixel of the tile.

    Raises:
        ConfigError: The window is unknown, or tile and overlap do not fit together.
    """
    if window not in ("hann", "uniform"):
        raise ConfigError(f"window must be 'hann' or 'uniform', got {window!r}")
    starts, length = tile_starts(size, tile, overlap), min(tile, size)
    ramp = overlap if window == "hann" else 0
    raw = {start: _ramped(length, ramp, start > 0, start + length < size) for start in starts}
    total = torch.zeros(size, dtype=torch.float64)
    for start, weights in raw.items():
        total[start : start + length] += weights
    return {start: (weights / total[start : start + length]).float() for start, weights in raw.items()}


class RowBlender:
    """Blends tiles that arrive row by row and gives back rows as soon as no later tile touches them.

    It holds one band of tiles: channels x tile height x image width values in float32, whatever the
    precision of the tiles.

    Args:
        height: Image height in pixels.
        width: Image width in pixels.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
        window: See `axis_weights`.

    Raises:
        ConfigError: See `axis_weights`.
    """

    def __init__(self, height: int, width: int, tile: int, overlap: int, window: str = "hann") -> None:
        self._height, self._width = height, width
        self._rows = axis_weights(height, tile, overlap, window)
        self._columns = axis_weights(width, tile, overlap, window)
        self._band = torch.zeros(0, min(tile, height), width)
        self._expected = iter(tile_grid(height, width, tile, overlap))

    def add(self, tile: Tile, pixels: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Add one tile.

        Args:
            tile: The next tile of the grid, row by row.
            pixels: (C, tile.height, tile.width), any floating point type and device; C is that of the
                first tile.

        Yields:
            (top, rows) with rows (C, h, W) float32 on the CPU, when this tile completes them.

        Raises:
            DataError: The tile is not the next one, or the pixels have another shape or are not finite.
        """
        if tile != next(self._expected, None):
            raise DataError(f"tiles must arrive row by row, each once; {tile} is out of order")
        channels = len(self._band) or len(pixels)
        if tuple(pixels.shape) != (channels, tile.height, tile.width):
            expected = (channels, tile.height, tile.width)
            raise DataError(f"expected {expected} pixels for {tile}, got {tuple(pixels.shape)}")
        pixels = pixels.detach().to("cpu", torch.float32)
        if not bool(torch.isfinite(pixels).all()):
            raise DataError(f"the restored tile at row {tile.top}, column {tile.left} holds NaN or infinity")
        if not len(self._band):
            self._band = self._band.new_zeros(channels, *self._band.shape[1:])
        weights = self._rows[tile.top][:, None] * self._columns[tile.left]
        self._band[:, :, tile.left : tile.left + tile.width] += pixels * weights
        if tile.left + tile.width == self._width:
            yield tile.top, self._finish(tile.top)

    def _finish(self, top: int) -> Tensor:
        """Take the rows above the next band out of the buffer and move the rest up."""
        below = min((start for start in self._rows if start > top), default=self._height)
        done = below - top
        rows = self._band[:, :done].clone()
        rest = self._band[:, done:].clone()
        self._band.zero_()[:, : rest.shape[1]] = rest
        return rows


def restore_tiled(
    image: Picture,
    fn: Callable[[Tensor], Tensor],
    tile: int = 512,
    overlap: int = 64,
    window: str = "hann",
    batch: int = 1,
) -> Iterator[tuple[int, Tensor]]:
    """Run a network over an image tile by tile.

    Args:
        image: (3, H, W) floating point RGB in [0, 1], tensor or array, any H and W; or (H, W, 3) uint8
            or uint16 pixels as read from a file, converted tile by tile so that a large image never
            exists in float.
        fn: Maps (B, 3, h, w) to (B, C, h, w), C = 3 or several restorations stacked. Called without
            gradients. It pads to what the network needs and crops back; it may move to its own device
            and precision.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
        window: See `axis_weights`.
        batch: Tiles per call, >= 1.

    Yields:
        (top, rows): finished rows (C, h, W), float32 on the CPU, not clipped, from top to bottom.

    Raises:
        ConfigError: Tile, overlap, window or batch are out of range.
        DataError: The image has another shape, or the network returns another shape or NaN.
    """
    if batch < 1:
        raise ConfigError(f"batch must be at least 1 tile, got {batch}")
    height, width = _size(image)
    blender = RowBlender(height, width, tile, overlap, window)
    tiles = iter(tile_grid(height, width, tile, overlap))
    while group := list(islice(tiles, batch)):
        for part, pixels in zip(group, _run(image, fn, group), strict=True):
            yield from blender.add(part, pixels)


def _run(image: Picture, fn: Callable[[Tensor], Tensor], group: Sequence[Tile]) -> Tensor:
    crops = torch.stack([_crop(image, part) for part in group])
    with torch.no_grad():
        restored = fn(crops)
    if len(restored) != len(crops):
        raise DataError(f"the network turned {len(crops)} tiles into {len(restored)}")
    return restored


def _crop(image: Picture, tile: Tile) -> Tensor:
    rows = slice(tile.top, tile.top + tile.height)
    columns = slice(tile.left, tile.left + tile.width)
    if _is_file_pixels(image):
        return torch.from_numpy(to_float(image[rows, columns]))  # type: ignore[arg-type]
    return torch.as_tensor(image[:, rows, columns])


def _size(image: Picture) -> tuple[int, int]:
    shape = tuple(image.shape)
    if len(shape) == 3 and _is_file_pixels(image) and shape[2] == 3:
        return shape[0], shape[1]
    if len(shape) == 3 and not _is_file_pixels(image) and shape[0] == 3:
        return shape[1], shape[2]
    raise DataError(
        f"expected (3, H, W) floating point or (H, W, 3) uint8 / uint16 pixels, got {shape} {image.dtype}"
    )


def _is_file_pixels(image: Picture) -> bool:
    return isinstance(image, np.ndarray) and image.dtype.kind == "u"


def _ramped(length: int, overlap: int, ramp_in: bool, ramp_out: bool) -> Tensor:
    weights = torch.ones(length, dtype=torch.float64)
    ramp = torch.sin(math.pi / 2 * (torch.arange(overlap, dtype=torch.float64) + 0.5) / max(overlap, 1)) ** 2
    if ramp_in:
        weights[:overlap] *= ramp
    if ramp_out:
        weights[length - overlap :] *= ramp.flip(0)
    return weights
