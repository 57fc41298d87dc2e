"""What is seen of an image that is read once, top to bottom, is what is seen of it in memory."""

from __future__ import annotations

import numpy as np
import pytest
from top_down_source import TopDownSource

from moei_toolkit.data.streamed_views import STRIP, read_views
from moei_toolkit.data.views import make_overview, probe_positions

SIZES = [
    (1, 1),
    (1, 700),
    (3, 5000),
    (5000, 3),
    (2, 2),
    (17, 31),
    (48, 48),
    (47, 200),
    (256, 256),
    (257, 64),
    (1024, 96),
    (700, 530),
    (1000, 64),
    (40, 300),
    (90, 20),
]


def picture(height: int, width: int, dtype: type) -> np.ndarray:
    rng = np.random.default_rng(height * 10_007 + width)
    if dtype is np.float32:
        return rng.random((height, width, 3), np.float32)
    return rng.integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype=dtype)


def crops(image: np.ndarray, size: int, count: int) -> np.ndarray:
    """Return the probes of an image, which its border continues where it is too small."""
    height, width = image.shape[:2]
    most = np.float32(1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max)
    below, beside = max(size - height, 0), max(size - width, 0)
    planes = np.pad(image, ((0, below), (0, beside), (0, 0)), "edge").transpose(2, 0, 1) / most
    places = probe_positions(height, width, size, count)
    return np.stack([planes[:, top : top + size, left : left + size] for top, left in places])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_views_are_an_average_and_crops(size: tuple[int, int], dtype: type):
    image = picture(*size, dtype)
    overview, probes = read_views(TopDownSource(image), 48, 33, 5)
    assert overview.dtype == probes.dtype == np.float32
    assert overview.flags.c_contiguous
    assert probes.flags.c_contiguous
    np.testing.assert_allclose(overview, make_overview(image, 48), atol=2e-6, rtol=0)
    np.testing.assert_array_equal(probes, crops(image, 33, 5))


@pytest.mark.parametrize(("overview_size", "probe_size", "probes"), [(1, 1, 1), (64, 128, 8), (300, 400, 2)])
def test_views_of_any_size_and_number(overview_size: int, probe_size: int, probes: int):
    image = picture(333, 217, np.uint8)
    overview, pieces = read_views(TopDownSource(image), overview_size, probe_size, probes)
    np.testing.assert_allclose(overview, make_overview(image, overview_size), atol=2e-6, rtol=0)
    np.testing.assert_array_equal(pieces, crops(image, probe_size, probes))


def test_every_row_is_read_once_and_few_at_a_time():
    asked: list[tuple[int, int]] = []

    class Noting(TopDownSource):
        def rows(self, top: int, bottom: int) -> np.ndarray:
            asked.append((top, bottom))
            return super().rows(top, bottom)

    source = Noting(picture(3 * STRIP + 5, 20, np.uint8))
    read_views(source, 48, 33, 5)
    assert source.seen.all()
    assert source.most == STRIP
    assert asked == sorted(asked)
    assert sum(bottom - top for top, bottom in asked) == source.height
