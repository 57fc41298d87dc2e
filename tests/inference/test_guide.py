"""A guide moves what is coarse in a tile, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from config_example import minimal
from PIL import Image
from tiny_run import EXPERTS, PROTOCOL, make_decider, make_runtime
from top_down_source import TopDownSource

from moei_toolkit.config.loader import validate_config
from moei_toolkit.data.streamed_views import read_reduced
from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.inference.guide import CELLS, Guide, guide_size
from moei_toolkit.inference.photos.photo import restore_photo
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.inference.tiles.tiling import Tile, tile_grid
from moei_toolkit.io.images.photograph import open_photograph
from moei_toolkit.io.images.pixels import to_planes
from moei_toolkit.types import DENSE

GUIDED, PLAIN = EXPERTS
SHORT_SIDE = 16


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


def enlarged(planes: np.ndarray, height: int, width: int) -> np.ndarray:
    return F.interpolate(torch.from_numpy(planes)[None], (height, width), mode="bilinear")[0].numpy()


def crop(planes: np.ndarray, tile: Tile) -> np.ndarray:
    return planes[:, tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]


def make_guided() -> EagerRuntime:
    return make_runtime(protocol=replace(PROTOCOL, guides={GUIDED: SHORT_SIDE}))


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (70, 33), (90, 130)])
@pytest.mark.parametrize("reduced", [(1, 1), (1, 7), (9, 16), (20, 3)])
def test_a_tile_that_agrees_with_the_guide_stays_as_it_is(size: tuple[int, int], reduced: tuple[int, int]):
    height, width = size
    small = noise(3, min(reduced[0], height), min(reduced[1], width))
    image, guide = noise(3, height, width), Guide(np.zeros_like(small), small, height, width)
    changed = image + enlarged(small, height, width)
    for tile in tile_grid(height, width, 32, 8):
        led = guide.lead(tile, crop(image, tile), crop(changed, tile).copy())
        np.testing.assert_allclose(led, crop(changed, tile), atol=2e-6)


@pytest.mark.parametrize("size", [(20, 20), (90, 130), (161, 47)])
def test_a_network_that_changes_nothing_is_led_nowhere(size: tuple[int, int]):
    runtime, image = make_guided(), noise(*size, 3)
    same = Unchanging(runtime.backbone, {GUIDED: runtime.experts[GUIDED]}, runtime.protocol)
    assert same.guide(image, GUIDED, same.describe(image)) is not None
    np.testing.assert_allclose(same.restore(image, GUIDED, same.describe(image)), image, atol=1e-6)


def test_a_tile_gets_the_brightness_of_the_guide_and_keeps_its_details():
    small = noise(3, 9, 16)
    image, guide = noise(3, 135, 240), Guide(np.zeros_like(small), small, 135, 240)
    changed = image + enlarged(small, 135, 240)
    chequered = np.indices((32, 32)).sum(0) % 2 - np.float32(0.5)
    tile = Tile(64, 128, 32, 32)
    for offset in (-0.3, 0.1):
        led = guide.lead(tile, crop(image, tile), crop(changed, tile) + np.float32(offset) + chequered)
        np.testing.assert_allclose(led, crop(changed, tile) + chequered, atol=2e-6)


def test_a_slope_that_a_tile_has_missed_comes_from_the_guide():
    whole = np.broadcast_to(np.linspace(0, 1, 128, dtype=np.float32)[:, None], (3, 128, 128))
    small = whole[:, ::4, ::4]
    guide = Guide(np.zeros_like(small), small, 128, 128)
    tile = Tile(32, 32, 64, 64)
    before = np.zeros((3, 64, 64), np.float32)
    led = guide.lead(tile, before, before + np.float32(0.5))
    cells = led.reshape(3, CELLS, 16, CELLS, 16).mean((2, 4))
    wanted = crop(whole, tile).reshape(3, CELLS, 16, CELLS, 16).mean((2, 4))
    assert np.abs(cells - wanted).max() < 0.25 * np.abs(0.5 - wanted).max()


@pytest.mark.parametrize("last", [3, 6], ids=["alone", "one of two"])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (33, 40)])
def test_how_a_tile_lies_in_memory_makes_no_difference(size: tuple[int, int], last: int):
    """Networks leave planes, or channels last; of a padded tile a part is led, and of several routes one."""
    small, tile = noise(3, 9, 16), Tile(64, 128, *size)
    guide, before, after = (
        Guide(np.zeros_like(small), small, 135, 240),
        noise(3, *size),
        0.5 * noise(3, *size),
    )
    room = np.zeros((48, 64, last), np.float32)
    lying = room[: size[0], : size[1], last - 3 :].transpose(2, 0, 1)
    lying[:] = after
    led = guide.lead(tile, before, lying)
    assert np.shares_memory(led, room)
    np.testing.assert_allclose(led, guide.lead(tile, before, after.copy()), rtol=0, atol=1e-6)
    assert np.count_nonzero(room) == led.size


def test_what_may_not_be_written_to_is_copied():
    small, tile = noise(3, 9, 16), Tile(64, 128, 32, 32)
    guide, before, after = Guide(np.zeros_like(small), small, 135, 240), noise(3, 32, 32), noise(3, 32, 32)
    expected = guide.lead(tile, before, after.copy())
    after.flags.writeable = False
    np.testing.assert_array_equal(guide.lead(tile, before, after), expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((2160, 3840), (160, 284)),
        ((3840, 2160), (284, 160)),
        ((160, 400), None),
        ((40, 40), None),
        ((320, 16 * 320), (160, 16 * 160)),
        ((320, 16 * 320 + 1), None),
    ],
)
def test_a_guide_is_smaller_than_the_image_and_has_its_shape(
    size: tuple[int, int], expected: tuple[int, int] | None
):
    protocol = replace(PROTOCOL, guides={GUIDED: 160})
    assert guide_size(protocol, GUIDED, *size) == expected
    assert guide_size(protocol, PLAIN, *size) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_streamed_image_is_reduced_as_one_in_memory(dtype: type):
    image = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (150, 71, 3), dtype=dtype)
    planes = torch.from_numpy(to_planes(image))
    for rows, columns in ((10, 1), (30, 71), (150, 71)):
        means = F.adaptive_avg_pool2d(planes, (rows, columns))  # whole pixels make up every area
        np.testing.assert_allclose(read_reduced(TopDownSource(image), rows, columns), means, atol=1e-6)


def test_only_the_route_that_has_a_guide_is_led():
    plain, guided, image = make_runtime(), make_guided(), noise(90, 130, 3)
    g = plain.describe(image)
    for route in (PLAIN, DENSE):
        np.testing.assert_array_equal(guided.restore(image, route, g), plain.restore(image, route, g))
    assert np.abs(guided.restore(image, GUIDED, g) - plain.restore(image, GUIDED, g)).max() > 1e-3


def test_an_image_as_small_as_its_guide_needs_none():
    plain, guided, image = make_runtime(), make_guided(), noise(SHORT_SIDE, 60, 3)
    g = plain.describe(image)
    np.testing.assert_array_equal(guided.restore(image, GUIDED, g), plain.restore(image, GUIDED, g))
    assert guided.guide(image, GUIDED, g) is None


def test_the_guide_is_the_reduced_image_restored_along_the_same_route():
    runtime, image, tile = make_guided(), noise(96, 96, 3), Tile(24, 48, 32, 32)
    g = runtime.describe(image)
    reduced = cv2.resize(image, (SHORT_SIDE, SHORT_SIDE), interpolation=cv2.INTER_AREA)
    before, after = (x.transpose(2, 0, 1) for x in (reduced, make_runtime().restore(reduced, GUIDED, g)))
    guide, crops = runtime.guide(image, GUIDED, g), noise(2, 3, 32, 32)
    assert guide is not None
    assert guide.size == (SHORT_SIDE, SHORT_SIDE)
    expected = Guide(before, after, 96, 96).lead(tile, crops[0], crops[1].copy())
    np.testing.assert_allclose(guide.lead(tile, *crops), expected, atol=1e-5)


def test_all_routes_at_once_are_what_each_is_alone():
    runtime, image = make_guided(), noise(90, 130, 3)
    g = runtime.describe(image)
    for route, restored in runtime.restore_routes(image, g).items():
        np.testing.assert_allclose(restored, runtime.restore(image, route, g), atol=1e-5)


def test_a_source_that_is_read_once_is_led_by_a_guide_of_another_reading():
    runtime, image = make_guided(), noise(90, 130, 3)
    g = runtime.describe(image)
    guide = runtime.guide(TopDownSource(image), GUIDED, g)
    streamed = [rows for _, rows in runtime.restore_rows(TopDownSource(image), GUIDED, g, None, guide)]
    np.testing.assert_allclose(np.concatenate(streamed), runtime.restore(image, GUIDED, g), atol=1e-5)


@pytest.mark.parametrize("whole_pixels", [0, 10**9])
def test_a_photograph_is_led_whether_it_is_streamed_or_not(
    whole_pixels: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    runtime, pixels = make_guided(), (255 * noise(90, 130, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    opening = partial(open_photograph, whole_pixels=whole_pixels)
    monkeypatch.setattr("moei_toolkit.inference.photos.photo.open_photograph", opening)
    restorer = Restorer(runtime, make_decider(9.0, 0.0))
    facts = restore_photo(restorer, tmp_path / "photo.png", tmp_path / "out.png")
    assert (facts["route"], facts["guide"]) == (GUIDED, (16, 23))
    restored = np.asarray(Image.open(tmp_path / "out.png")) / np.float32(255)
    expected = restorer.restore(pixels).image
    np.testing.assert_allclose(restored, expected, atol=2 / 255)  # one is reduced in eight bits


def test_a_guide_for_which_memory_does_not_suffice_is_made_by_smaller_tiles():
    def short_of_memory(tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        if tiles.shape[3] > 16:
            raise MemoryError
        return tiles

    runtime = make_runtime(protocol=replace(PROTOCOL, tile=32, overlap=4, guides={GUIDED: 24}))
    runtime.restore_tiles = short_of_memory
    image, told = noise(60, 90, 3), []
    g = runtime.describe(image)
    np.testing.assert_allclose(runtime.restore(image, GUIDED, g, told.append), image, atol=1e-6)
    assert told == [16, 16]  # for the guide, and for the image
    with pytest.raises(MemoryError):
        runtime.restore(image, GUIDED, g)


def test_its_operations_count():
    plain, guided = FlopCount(make_runtime()), FlopCount(make_guided())
    expert = make_runtime().experts[GUIDED]
    more = guided.gflops(GUIDED, expert, 90, 90) - plain.gflops(GUIDED, expert, 90, 90)
    assert more == pytest.approx(plain.tile_gflops(expert, SHORT_SIDE, SHORT_SIDE))
    assert guided.gflops(PLAIN, expert, 90, 90) == plain.gflops(PLAIN, expert, 90, 90)


class Unchanging(EagerRuntime):
    """Returns what it is given."""

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        return tiles.copy()


class Doubling(EagerRuntime):
    """Returns every channel twice."""

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        return tiles.repeat(2, axis=1)


def test_a_network_of_other_channels_is_refused():
    good, image = make_guided(), noise(90, 130, 3)
    bad = Doubling(good.backbone, {GUIDED: good.experts[GUIDED]}, good.protocol)
    with pytest.raises(DataError, match="expected a network of three channels, got 6"):
        bad.restore(image, GUIDED, good.describe(image))


@pytest.mark.parametrize(
    ("guides", "said"),
    [
        ({"frist": 160}, "inference.guides: expected names of experts or rivals, got 'frist'"),
        ({"dust": 4}, "inference.guides.dust"),
        ({"single.dust": 160}, "got 'single.dust'"),
    ],
)
def test_guides_that_cannot_be_are_refused(guides: dict[str, int], said: str):
    with pytest.raises(ConfigError, match=said):
        validate_config(minimal(inference={"guides": guides}), "test")


def test_experts_and_dense_may_have_one():
    for name in (*validate_config(minimal(), "test").experts, DENSE):
        config = validate_config(minimal(inference={"guides": {name: 160}}), "test")
        assert config.inference.guides == {name: 160}
