"""Averages are the same whichever way they are made: by matrices, or by adding shifted planes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from moei_toolkit.losses import filters
from moei_toolkit.losses.filters import LONGEST, gaussian_average, gaussian_within

SIZES = [(1, 1), (1, 40), (7, 30), (41, 33)]


def planes(height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, height, width, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("sigma", [0.8, 5.12])
def test_the_average_of_long_planes_is_that_of_short_ones(monkeypatch, size, step, sigma):
    by_matrices = gaussian_average(planes(*size), sigma, step)
    monkeypatch.setattr(filters, "LONGEST", 0)
    torch.testing.assert_close(gaussian_average(planes(*size), sigma, step), by_matrices)


@pytest.mark.parametrize("size", SIZES)
def test_so_is_that_where_the_window_fits(monkeypatch, size):
    by_matrices = gaussian_within(planes(*size), 1.5, 5)
    monkeypatch.setattr(filters, "LONGEST", 0)
    torch.testing.assert_close(gaussian_within(planes(*size), 1.5, 5), by_matrices)


def test_and_their_gradients(monkeypatch):
    def gradient() -> torch.Tensor:
        given = planes(9, 12).requires_grad_()
        (gaussian_average(given, 1.6) ** 2).sum().backward()
        assert given.grad is not None
        return given.grad

    by_matrices = gradient()
    monkeypatch.setattr(filters, "LONGEST", 0)
    torch.testing.assert_close(gradient(), by_matrices)


def test_a_long_plane_is_averaged_as_scipy_does():
    plane = planes(3, LONGEST + 8)[0, 0].numpy()
    blur = {"sigma": 1.6, "mode": "constant", "radius": 5}
    expected = ndimage.gaussian_filter(plane, **blur) / ndimage.gaussian_filter(np.ones_like(plane), **blur)
    found = gaussian_average(torch.from_numpy(plane)[None, None], 1.6)[0, 0]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_no_matrix_is_kept_of_a_long_plane():
    filters._gaussian_matrix.cache_clear()
    gaussian_average(planes(8, LONGEST + 1), 1.6)
    assert filters._gaussian_matrix.cache_info().currsize == 0
