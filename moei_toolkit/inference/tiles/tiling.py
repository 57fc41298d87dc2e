"""Where the tiles of an image lie, and how much each counts at every pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import ConfigError, DataError


@dataclass(frozen=True)
class Tile:
    """A rectangle of the image, in pixels."""

    top: int
    left: int
    height: int
    width: int


def tile_spans(size: int, tile: int, overlap: int, align: int = 1) -> list[tuple[int, int]]:
    """Return where tiles begin along one axis, and how long they are.

    Tiles advance by tile - overlap. The last one ends at the border and is as short as it can be in quarters
    of a tile, down to a half: pixels that others have restored already cost as much as new ones, and
    whatever is kept for every shape is kept for few. An axis no longer than a tile has one.

    A network that halves its features makes something else of the same pixels when it meets them at an odd
    place, which shows where such tiles meet others. So all begin at multiples of ``align``: tiles advance by
    a little less, and the last one may be a little shorter.

    Args:
        size: Pixels of the axis, >= 1.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share at least, 0 <= overlap <= tile - align.
        align: What the network pads its sides to, in pixels, >= 1.

    Returns:
        (start, length) of each, in pixels.

    Raises:
        ConfigError: Tile and overlap do not fit together.
        DataError: The axis has no pixels.
    """
    if not 0 <= overlap <= tile - align:
        raise ConfigError(
            f"tiles need 0 <= overlap <= tile - {align}, which is what the network pads to, got tile {tile} "
            f"and overlap {overlap}"
        )
    if size < 1:
        raise DataError(f"an image side must have at least 1 pixel, got {size}")
    if size <= tile:
        return [(0, size)]
    step = _down(tile - overlap, align)
    before = -(-(size - tile) // step)
    quarter = max(_down(tile // 4, align), align)
    length = min(up_to_multiple(max(size - before * step, tile // 2), quarter), tile)
    last = up_to_multiple(size - length, align)
    return [*((number * step, tile) for number in range(before)), (last, size - last)]


def tile_grid(height: int, width: int, tile: int = 512, overlap: int = 64, align: int = 1) -> list[Tile]:
    """Return the tiles that cover an image, row by row; only the last ones of a row or column may be smaller.

    Raises:
        ConfigError: See `tile_spans`.
        DataError: See `tile_spans`.
    """
    rows, columns = (tile_spans(side, tile, overlap, align) for side in (height, width))
    return [Tile(top, left, high, wide) for top, high in rows for left, wide in columns]


def network_shape(tile: Tile, align: int) -> tuple[int, int]:
    """Return height and width of a tile as the network is given it: continued to multiples of ``align``."""
    return up_to_multiple(tile.height, align), up_to_multiple(tile.width, align)


def up_to_multiple(length: int, multiple: int) -> int:
    """Return the least multiple that is not below a length."""
    return -(-length // multiple) * multiple


def axis_weights(
    size: int, tile: int, overlap: int, window: str = "hann", align: int = 1
) -> dict[int, np.ndarray]:
    """Return the blending weights of every tile position along one axis.

    A tile's weight is flat, with a raised cosine ramp sin^2(pi/2 (i + 0.5) / overlap) over the overlap
    on each side that has a neighbour: never 0, and flat towards the image border. The weights
    are then divided by their sum, so they add up to 1 at every pixel, also where the last tile
    overlaps more. The weight of a tile is the product of its two axes.

    Args:
        size: Pixels of the axis.
        tile: Side of a tile in pixels.
        overlap: Length of a ramp in pixels.
        window: ``"hann"``, or ``"uniform"`` for a plain mean of the tiles at each pixel.
        align: See `tile_spans`.

    Returns:
        Start of the tile to float32 weights, one per pixel of the tile.

    Raises:
        ConfigError: The window is unknown, or tile and overlap do not fit together.
    """
    if window not in ("hann", "uniform"):
        raise ConfigError(f"window must be 'hann' or 'uniform', got {window!r}")
    ramp = overlap if window == "hann" else 0
    raw = {
        start: _ramped(length, ramp, start > 0, start + length < size)
        for start, length in tile_spans(size, tile, overlap, align)
    }
    total = np.zeros(size)
    for start, weights in raw.items():
        total[start : start + len(weights)] += weights
    return {
        start: (weights / total[start : start + len(weights)]).astype(np.float32)
        for start, weights in raw.items()
    }


def _ramped(length: int, overlap: int, ramp_in: bool, ramp_out: bool) -> np.ndarray:
    weights = np.ones(length)
    ramp = np.sin(math.pi / 2 * (np.arange(overlap) + 0.5) / max(overlap, 1)) ** 2
    if ramp_in:
        weights[:overlap] *= ramp
    if ramp_out:
        weights[length - overlap :] *= ramp[::-1]
    return weights


def _down(length: int, multiple: int) -> int:
    return length // multiple * multiple
