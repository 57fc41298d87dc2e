"""An image as a grid of square regions, and back."""

from __future__ import annotations

from torch import Tensor


def split_regions(maps: Tensor, side: int) -> Tensor:
    """Cut maps into regions, row by row: (B, C, n side, m side) to (B n m, C, side, side)."""
    images, channels, height, width = maps.shape
    rows, columns = height // side, width // side
    grid = maps.permute(0, 2, 3, 1).reshape(images, rows, side, columns, side, channels)
    return grid.transpose(2, 3).reshape(-1, side, side, channels).permute(0, 3, 1, 2)


def join_regions(regions: Tensor, rows: int, columns: int) -> Tensor:
    """Undo :func:`split_regions`: (B n m, C, side, side) to (B, C, n side, m side), n rows and m columns."""
    _, channels, side, _ = regions.shape
    grid = regions.permute(0, 2, 3, 1).reshape(-1, rows, columns, side, side, channels)
    return grid.transpose(2, 3).reshape(-1, rows * side, columns * side, channels).permute(0, 3, 1, 2)
