"""Luminance, Sobel gradients and Gaussian averages of images, fast on a CPU."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

LUMINANCE_WEIGHTS = (0.299, 0.587, 0.114)
"""Full-range luma of ITU-R BT.601."""

LONGEST = 512
"""Longest side in pixels that is averaged by a matrix, which grows with the square of the side. Up to here
that is the fastest way on a CPU; at 3840x2160, adding shifted planes takes a tenth of the time."""


def luminance(images: Tensor) -> Tensor:
    """Return the (B, 1, H, W) luma of (B, 3, H, W) RGB images."""
    weights = images.new_tensor(LUMINANCE_WEIGHTS).view(1, 3, 1, 1)
    return (images * weights).sum(1, keepdim=True)


def sobel(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Return the horizontal and the vertical derivative per pixel, borders replicated.

    Args:
        plane: (B, C, H, W), any H and W.

    Returns:
        Two tensors (B, C, H, W): the Sobel responses divided by 8, so that a ramp of slope s gives s.
    """
    padded = F.pad(plane, (1, 1, 1, 1), mode="replicate")
    difference = padded[..., 2:] - padded[..., :-2]
    average = padded[..., 2:] + padded[..., :-2] + 2 * padded[..., 1:-1]
    horizontal = difference[..., 2:, :] + difference[..., :-2, :] + 2 * difference[..., 1:-1, :]
    return horizontal / 8, (average[..., 2:, :] - average[..., :-2, :]) / 8


def gaussian_average(planes: Tensor, sigma: float, step: int = 1) -> Tensor:
    """Average every plane with a Gaussian window cut at 3 sigma.

    Near the borders the window is cut and normalised again.

    Args:
        planes: (..., H, W).
        sigma: Standard deviation in pixels.
        step: Take the average only at every step-th pixel of both axes.

    Returns:
        (..., ceil(H / step), ceil(W / step)).
    """
    radius = int(3 * sigma + 0.5)
    if _is_long(planes):
        return _by_shifts(_by_shifts(planes, -1, sigma, radius), -2, sigma, radius)[..., ::step, ::step]
    rows, columns = (_matrix_of(size, sigma, radius, step, planes) for size in planes.shape[-2:])
    return _by_matrices(planes, rows, columns)


def gaussian_within(planes: Tensor, sigma: float, radius: int) -> Tensor:
    """Average every plane with a Gaussian window, where that fits into the plane.

    Along a side that is shorter than the window, it shrinks to the largest odd length that fits.

    Args:
        planes: (..., H, W).
        sigma: Standard deviation in pixels.
        radius: The window covers 2 * radius + 1 pixels.

    Returns:
        (..., H - 2 r, W - 2 r), with r the radius as far as it fits along each side.
    """
    height, width = planes.shape[-2:]
    down, right = (min(radius, (size - 1) // 2) for size in (height, width))
    if _is_long(planes):
        found = _by_shifts(_by_shifts(planes, -1, sigma, right), -2, sigma, down)
        return found[..., down : height - down, right : width - right]
    rows = _matrix_of(height, sigma, down, 1, planes)[down : height - down]
    columns = _matrix_of(width, sigma, right, 1, planes)[right : width - right]
    return _by_matrices(planes, rows, columns)


def _is_long(planes: Tensor) -> bool:
    return max(planes.shape[-2:]) > LONGEST


def _by_shifts(planes: Tensor, axis: int, sigma: float, radius: int) -> Tensor:
    """Average along an axis, -1 or -2, by adding planes that are shifted along it."""
    size = planes.shape[axis]
    around = (radius, radius) if axis == -1 else (0, 0, radius, radius)
    padded, inside = F.pad(planes, around), F.pad(planes.new_ones(size), (radius, radius))
    total, weights = torch.zeros_like(planes), planes.new_zeros(size)
    for shift in range(2 * radius + 1):
        weight = math.exp(-0.5 * ((shift - radius) / sigma) ** 2)
        total = total.add_(padded.narrow(axis, shift, size), alpha=weight)
        weights += weight * inside[shift : shift + size]
    return total / (weights if axis == -1 else weights[:, None])


def _by_matrices(planes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Apply one matrix to the columns and one to the rows of every plane: rows @ plane @ columns^T.

    On crops of a few hundred pixels these two products are about ten times as fast on a CPU as
    one-channel convolutions with the same windows.

    Args:
        planes: (..., H, W).
        rows: (H', H).
        columns: (W', W).

    Returns:
        (..., H', W').
    """
    with torch.autocast(planes.device.type, enabled=False):
        return rows @ (planes @ columns.mT)


def _matrix_of(size: int, sigma: float, radius: int, step: int, like: Tensor) -> Tensor:
    return _gaussian_matrix(size, sigma, radius, step, like.device, like.dtype)


@lru_cache(maxsize=16)  # the scales of a snow mask on both axes: building them took longer than using them
@torch.inference_mode(False)  # a matrix first met in inference must serve training too
@torch.no_grad()
def _gaussian_matrix(
    size: int, sigma: float, radius: int, step: int, device: torch.device, dtype: torch.dtype
) -> Tensor:
    """Return the (ceil(size / step), size) band matrix that averages every step-th pixel of a line.

    Near the ends of the line the window is cut and normalised again, so every row sums to 1. Shared between
    calls: not to be written to.
    """
    positions = torch.arange(size, device=device, dtype=dtype)
    distance = positions[::step, None] - positions
    window = torch.exp(-0.5 * (distance / sigma) ** 2) * (distance.abs() <= radius)
    return window / window.sum(1, keepdim=True)
