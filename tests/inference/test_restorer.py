"""Any array that is a picture is restored, and one that is not is refused by name."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from tiny_run import make_decider, make_runtime

from moei_toolkit.errors import ImageError
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.types import DENSE

SIZES = [(1, 1), (3, 500), (500, 3), (17, 31), (32, 32), (70, 45)]


def pixels(height: int = 40, width: int = 53) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer(make_runtime(), make_decider(1.0, 0.0))


@pytest.fixture(scope="module")
def untrained() -> Restorer:
    return Restorer(make_runtime(trained=False), make_decider(1.0, 0.0))


@pytest.mark.parametrize("size", SIZES)
def test_any_size_comes_back_in_its_size(restorer: Restorer, size: tuple[int, int]):
    image = restorer.restore(pixels(*size)).image
    assert image.shape == (*size, 3)
    assert image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize("size", SIZES)
def test_an_untrained_network_returns_the_picture(untrained: Restorer, size: tuple[int, int]):
    image = pixels(*size)
    restored = untrained.restore(image).image
    np.testing.assert_allclose(restored, image / np.float32(255), atol=1e-6)


def test_every_type_of_pixel_means_the_same(restorer: Restorer):
    image = pixels()
    exact = restorer.restore(image).image
    same = [
        image.astype(np.uint16) * np.uint16(257),
        image.astype(np.float32) / np.float32(255),
        image / 255,
        np.asfortranarray(image),
        image[::-1].copy()[::-1],
    ]
    for other in same:
        np.testing.assert_allclose(restorer.restore(other).image, exact, atol=1e-5)
    rough = restorer.restore((image / 255).astype(np.float16)).image
    np.testing.assert_allclose(rough, exact, atol=0.05)


def test_a_picture_that_may_not_be_written_to_is_enough(restorer: Restorer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for image in (pixels(), pixels(1, 1)):
            picture = image.astype(np.float32) / np.float32(255)
            picture.flags.writeable = False
            restorer.restore(picture)


def test_the_picture_is_left_as_it_is(restorer: Restorer):
    for image in (pixels(), pixels().astype(np.float32) / np.float32(255)):
        before = image.copy()
        restorer.restore(image)
        np.testing.assert_array_equal(image, before)


def test_the_same_picture_gives_the_same_bytes(restorer: Restorer):
    first, second = restorer.restore(pixels()), restorer.restore(pixels())
    assert first.image.tobytes() == second.image.tobytes()
    assert first.decision == second.decision


def test_it_says_what_was_decided_and_how_long_each_hop_took(restorer: Restorer):
    restoration = restorer.restore(pixels())
    assert restoration.decision.route == "first"
    assert restoration.seconds.keys() == {"describe", "decide", "restore"}
    assert all(seconds > 0 for seconds in restoration.seconds.values())


def test_each_route_restores_in_its_own_way():
    runtime = make_runtime()
    images = [
        Restorer(runtime, make_decider(*logits, threshold=threshold)).restore(pixels())
        for logits, threshold in (((2.0, 0.0), 0.5), ((0.0, 2.0), 0.5), ((0.1, 0.0), 0.9))
    ]
    assert [restoration.decision.route for restoration in images] == ["first", "second", DENSE]
    assert len({restoration.image.tobytes() for restoration in images}) == 3


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((4, 5), np.uint8), r"\(H, W, 3\), got an array of shape \(4, 5\); convert gray and"),
        (np.zeros((3, 4, 5), np.uint8), r"got an array of shape \(3, 4, 5\); .* put the channels last"),
        (
            "photo.jpg",
            r"got the text 'photo\.jpg'; read_image of moei_toolkit\.io\.images\.reading",
        ),
        (Path("photo.jpg"), r"got the text 'photo\.jpg'"),
        (np.zeros((4, 5, 4), np.uint8), r"\(4, 5, 4\)"),
        (np.zeros((3, 4, 5), np.float32), r"\(3, 4, 5\)"),
        (np.zeros((1, 4, 5, 3), np.float32), r"\(1, 4, 5, 3\)"),
        (np.zeros((0, 5, 3), np.uint8), r"\(0, 5, 3\)"),
        (np.zeros((4, 5, 3), np.int64), "int64"),
        (np.zeros((4, 5, 3), bool), "bool"),
        (np.full((4, 5, 3), 1.01), r"\[0, 1\], got 1.01 to 1.01"),
        (np.full((4, 5, 3), -0.01), "got -0.01"),
        (np.full((4, 5, 3), np.nan), "got nan"),
        (np.full((4, 5, 3), np.inf), "got inf"),
    ],
)
def test_anything_else_is_refused(restorer: Restorer, image: np.ndarray, said: str):
    with pytest.raises(ImageError, match=said):
        restorer.restore(image)


def test_the_order_of_bytes_means_nothing(restorer: Restorer):
    image = pixels().astype(np.uint16) * 257
    expected = restorer.restore(image).image
    for order in "<>":
        assert restorer.restore(image.astype(f"{order}u2")).image.tobytes() == expected.tobytes()
