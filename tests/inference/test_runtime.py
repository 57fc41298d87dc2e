"""An image that is read while it is used is described and restored like one in memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny_run import EXPERTS, make_runtime
from top_down_source import TopDownSource

from moei_toolkit.errors import DataError
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.io.images.pixel_source import ArraySource

SIZES = [(1, 1), (3, 400), (400, 3), (33, 64), (150, 70)]


class Brightening(Runtime):
    """Needs no network: its description is the mean of the views, and it adds half of that."""

    def __init__(self) -> None:
        super().__init__(Protocol(16, 16, 2, tile=32, overlap=4), ["dense"])
        self.most = 10**9

    def describe_views(self, overview: np.ndarray, probes: np.ndarray) -> np.ndarray:
        return np.array([[overview.mean(), probes.mean()]], np.float32)

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        if tiles.size > self.most:
            raise MemoryError("too many pixels")
        return tiles + g.mean() / 2


def picture(height: int, width: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype=dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", SIZES)
def test_a_streamed_image_is_described_as_the_same_image_in_memory(size: tuple[int, int], dtype: type):
    runtime, image = make_runtime(), picture(*size, dtype)
    g = runtime.describe(image)
    assert g.shape == (1, 16)
    assert g.dtype == np.float32
    np.testing.assert_allclose(runtime.describe(TopDownSource(image)), g, atol=1e-4)
    np.testing.assert_array_equal(runtime.describe(ArraySource(image)), g)


@pytest.mark.parametrize("size", SIZES)
def test_a_streamed_image_is_restored_as_the_same_image_in_memory(size: tuple[int, int]):
    runtime, image = make_runtime(), picture(*size)
    g = runtime.describe(image)
    streamed = runtime.restore(TopDownSource(image), EXPERTS[0], g)
    np.testing.assert_array_equal(streamed, runtime.restore(image, EXPERTS[0], g))


class Splitting(Brightening):
    """Returns every channel twice."""

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        return tiles.repeat(2, axis=1)


def test_a_network_of_other_channels_is_refused():
    runtime, image = Splitting(), picture(40, 50)
    with pytest.raises(DataError, match="'dense': expected a network of three channels, got 6"):
        runtime.restore(image, "dense", runtime.describe(image))


@pytest.mark.parametrize("size", SIZES)
def test_an_identity_network_returns_the_image(size: tuple[int, int]):
    runtime, image = make_runtime(trained=False), picture(*size)
    restored = runtime.restore(TopDownSource(image), EXPERTS[0], runtime.describe(image))
    np.testing.assert_allclose(restored, image / np.float32(255), atol=1e-6, rtol=0)


def test_rows_are_clipped_and_come_from_top_to_bottom():
    runtime, image = Brightening(), picture(100, 40)
    g = runtime.describe(image)
    parts = list(runtime.restore_rows(image, "dense", g))
    assert [top for top, _ in parts] == [0, 28, 56, 84]
    restored = np.concatenate([rows for _, rows in parts])
    np.testing.assert_allclose(restored, np.clip(image / 255 + g.mean() / 2, 0, 1), atol=1e-6)
    assert restored.max() == 1


def test_running_out_of_memory_is_an_error_unless_it_may_be_said():
    runtime, image = Brightening(), picture(100, 40)
    g = runtime.describe(image)
    expected, said = runtime.restore(image, "dense", g), []
    runtime.most = 3 * 16 * 16
    with pytest.raises(MemoryError):
        list(runtime.restore_rows(image, "dense", g))
    rows = [part for _, part in runtime.restore_rows(image, "dense", g, said.append)]
    assert said == [16]
    np.testing.assert_allclose(np.concatenate(rows), expected, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_a_local_description_sees_nothing_but_the_middle(size: tuple[int, int]):
    image = picture(*size)
    runtime = Brightening()
    runtime.protocol = replace(runtime.protocol, scope="local")
    g = runtime.describe(image)
    height, width = size
    top, left = max(height - 16, 0) // 2, max(width - 16, 0) // 2
    middle = image[top : top + 16, left : left + 16]
    np.testing.assert_array_equal(g, Brightening().describe(middle))
    np.testing.assert_array_equal(runtime.describe(TopDownSource(image)), g)
    other = np.zeros_like(image)
    other[top : top + 16, left : left + 16] = middle
    np.testing.assert_array_equal(runtime.describe(other), g)
