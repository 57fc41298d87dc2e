"""Folders and files through the restorer: what becomes what, and what stops at nothing."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest
from photo_files import Quiet, picture
from tiny_run import EXPERTS, make_decider, make_runtime

from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.commands import restore
from moei_toolkit.errors import ConfigError, DataError, ImageError, StoreError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.machine.devices import usable_device
from moei_toolkit.inference.photos.folder import restore_photos
from moei_toolkit.inference.photos.paths import pair_paths
from moei_toolkit.inference.photos.photo import restore_photo
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.inference.runtimes.eager import EagerRouter
from moei_toolkit.io.atomic import beside
from moei_toolkit.io.images.photograph import open_photograph
from moei_toolkit.io.images.reading import read_image
from moei_toolkit.io.images.restoration_record import record_path
from moei_toolkit.routers.external import ExternalRouter


@pytest.fixture
def restorer() -> Restorer:
    return Restorer(make_runtime(), make_decider(2.0, 0.0))


def test_a_folder_is_mirrored(tmp_path):
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "in" / "deep" / "b.JPG")
    for other in ("notes.txt", "a.png.json"):
        (tmp_path / "in" / other).write_text("no photograph")
    (tmp_path / "in" / "folder.png").mkdir()
    pairs = pair_paths(tmp_path / "in", tmp_path / "out")
    assert [target.relative_to(tmp_path).as_posix() for _, target in pairs] == ["out/a.png", "out/deep/b.JPG"]


def test_what_is_no_file_is_named_and_not_passed_over(tmp_path, restorer):
    source = tmp_path / "in"
    source.mkdir()
    (source / "dangling.png").symlink_to("nowhere.png")
    (failure,) = restore_photos(restorer, pair_paths(source, tmp_path / "out"), Quiet()).failures
    assert "dangling.png" in str(failure)


def test_a_link_to_itself_stops_no_folder(tmp_path, restorer):
    picture(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "loop.png").symlink_to("loop.png")
    (failure,) = restore_photos(restorer, pair_paths(tmp_path / "in", tmp_path / "out"), Quiet()).failures
    assert "loop.png" in str(failure)
    assert (tmp_path / "out" / "a.png").is_file()


def test_a_source_that_is_not_there(tmp_path):
    with pytest.raises(ImageError, match=r"nope\.png: there is no such"):
        pair_paths(tmp_path / "nope.png", tmp_path / "out")


def test_what_was_restored_below_the_source_is_not_restored_again(tmp_path, restorer):
    picture(tmp_path / "a.png")
    pairs = pair_paths(tmp_path, tmp_path / "restored")
    assert restore_photos(restorer, pairs, Quiet()).failures == []
    assert (tmp_path / "restored" / "a.png").is_file()
    assert pair_paths(tmp_path, tmp_path / "restored") == pairs


def test_the_output_may_be_above_the_source(tmp_path):
    source = picture(tmp_path / "photos" / "a.png")
    assert pair_paths(tmp_path / "photos", tmp_path) == [(source, tmp_path / "a.png")]


def test_no_photograph_is_replaced_by_another_one(tmp_path):
    picture(tmp_path / "photos" / "a.png")
    picture(tmp_path / "photos" / "photos" / "a.png")
    with pytest.raises(ImageError, match="choose another output"):
        pair_paths(tmp_path / "photos", tmp_path)


@pytest.mark.parametrize("output", [".", "a.png"])
def test_a_photograph_is_never_replaced(tmp_path, output):
    source = picture(tmp_path / "a.png")
    with pytest.raises(ImageError, match="choose another output"):
        pair_paths(source if output == "a.png" else tmp_path, tmp_path / output)


@pytest.mark.parametrize(
    ("output", "expected"), [("b.png", "b.png"), ("new", "new/a.png"), ("b.jpeg", "b.jpeg")]
)
def test_where_one_photograph_goes(tmp_path, output, expected):
    source = picture(tmp_path / "a.png")
    assert pair_paths(source, tmp_path / output) == [(source, tmp_path / expected)]


def test_a_folder_with_a_dot_in_its_name_is_a_folder_when_it_is_there(tmp_path):
    (tmp_path / "v1.2").mkdir()
    source = picture(tmp_path / "a.png")
    assert pair_paths(source, tmp_path / "v1.2") == [(source, tmp_path / "v1.2" / "a.png")]


def test_a_file_is_no_folder_for_restorations(tmp_path):
    (tmp_path / "in").mkdir()
    picture(tmp_path / "in" / "a.png")
    with pytest.raises(
        ImageError, match=r"b\.png: is a file, expected a folder for the restorations of .*in"
    ):
        pair_paths(tmp_path / "in", picture(tmp_path / "b.png"))


def test_the_name_of_a_picture_is_none_of_a_folder_unless_it_is_there(tmp_path):
    source = picture(tmp_path / "in" / "a.png")
    with pytest.raises(ImageError, match=r"b\.png: is the name of a picture, expected a folder for the rest"):
        pair_paths(source.parent, tmp_path / "b.png")
    (tmp_path / "b.png").mkdir()
    assert pair_paths(source.parent, tmp_path / "b.png") == [(source, tmp_path / "b.png" / "a.png")]


def test_a_file_that_cannot_be_written_is_refused_before_anything(tmp_path):
    with pytest.raises(ImageError, match=r"cannot write a \.gif file"):
        pair_paths(picture(tmp_path / "a.png"), tmp_path / "b.gif")


def test_what_the_format_cannot_hold_is_refused_before_the_work(tmp_path, restorer, monkeypatch):
    source = picture(tmp_path / "a.png", mode="RGBA")
    monkeypatch.setattr(restorer.runtime, "describe", lambda x: pytest.fail("worked in vain"))
    with pytest.raises(ImageError, match="cannot hold opacity"):
        restore_photo(restorer, source, tmp_path / "a.jpg")


def test_one_bad_photograph_does_not_stop_the_others(tmp_path, restorer, monkeypatch):
    sources = [picture(tmp_path / "in" / name) for name in ("a.png", "b.png", "c.png", "d.png")]
    sources[0].write_bytes(sources[0].read_bytes()[:-40])
    describe, seen = restorer.runtime.describe, []

    def fail_at_times(x: np.ndarray) -> object:
        seen.append(x)
        if len(seen) == 1:
            raise MemoryError
        if len(seen) == 2:
            raise DataError("NaN came out")
        return describe(x)

    monkeypatch.setattr(restorer.runtime, "describe", fail_at_times)
    failures = restore_photos(restorer, pair_paths(tmp_path / "in", tmp_path / "out"), Quiet()).failures
    assert [type(failure) for failure in failures] == [ImageError, ImageError, DataError]
    assert "a.png" in str(failures[0])
    assert "b.png: not enough memory" in str(failures[1])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["d.png", "d.png.json"]


def test_a_folder_where_the_record_goes_is_named(tmp_path, restorer):
    (tmp_path / "b.png.json").mkdir()
    with pytest.raises(ImageError, match=r"b\.png\.json: is a folder"):
        restore_photo(restorer, picture(tmp_path / "a.png"), tmp_path / "b.png")


def test_what_a_killed_run_left_of_picture_and_record_is_removed(tmp_path, restorer):
    target = tmp_path / "b.png"
    for path in (target, record_path(target)):
        beside(path).write_bytes(b"half")
    restore_photo(restorer, picture(tmp_path / "a.png"), target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "b.png.json"]


def test_a_stranger_beside_the_picture_is_not_replaced(tmp_path, restorer):
    source, target = picture(tmp_path / "a.png"), tmp_path / "b.png"
    stranger = tmp_path / "b.png.json"
    for text in ('{"takeout": "mine"}', "notes", "[]"):
        stranger.write_text(text)
        with pytest.raises(ImageError, match=r"b\.png\.json: is no record of a restoration"):
            restore_photo(restorer, source, target)
        assert stranger.read_text() == text
        assert not target.exists()
    stranger.unlink()
    restore_photo(restorer, source, target)
    restore_photo(restorer, source, target)
    stranger.write_text('{"takeout": "mine"}')
    with pytest.raises(ImageError, match="is no record of a restoration"):
        restore_photo(restorer, source, target)


def test_a_name_that_is_too_long_does_not_stop_the_others(tmp_path, restorer):
    sources = [picture(tmp_path / "in" / name) for name in ("a.png", f"{'b' * 251}.png", "c.png")]
    pairs = [(source, tmp_path / "out" / source.name) for source in sources]
    pairs[1] = (sources[1], tmp_path / "out" / f"{'b' * 255}.png")
    failures = restore_photos(restorer, pairs, Quiet()).failures
    assert len(failures) == 1
    assert (tmp_path / "out" / "a.png").is_file()
    assert (tmp_path / "out" / "c.png").is_file()


def test_what_failed_before_the_disk_was_full_is_still_said(tmp_path, restorer, monkeypatch):
    pairs = [(picture(tmp_path / name), tmp_path / "out" / name) for name in ("a.png", "b.png", "c.png")]
    pairs[0][0].write_bytes(b"no picture")

    def full(path: object) -> None:
        raise StoreError("no space left")

    monkeypatch.setattr("moei_toolkit.io.images.encoding.rows.atomic_file", full)
    tally = restore_photos(restorer, pairs, Quiet())
    assert [type(failure) for failure in tally.failures] == [ImageError, StoreError]
    assert (tally.untried, tally.restored) == (1, 0)


def test_a_dry_run_looks_at_the_run_too(tmp_path):
    source = str(picture(tmp_path / "a.png"))
    with pytest.raises(StoreError, match=r"run\.json"):
        restore.main([source, "--run", str(tmp_path / "none"), "-o", str(tmp_path / "out"), "--dry-run"])


def test_the_picture_and_the_json_beside_it(tmp_path, restorer):
    source = picture(tmp_path / "a.png", (45, 61))
    facts = restore_photo(restorer, source, tmp_path / "b.png")
    assert json.loads((tmp_path / "b.png.json").read_text()) == facts
    assert (facts["width"], facts["height"], facts["route"], facts["abstained"]) == (61, 45, "first", False)
    restored = restorer.restore(read_image(source).pixels).image
    written = read_image(tmp_path / "b.png").pixels
    np.testing.assert_allclose(written / 255, restored, atol=0.5 / 255 + 1e-6)


def test_the_json_says_where_the_time_went(tmp_path, restorer):
    facts = restore_photo(restorer, picture(tmp_path / "a.png", (45, 61)), tmp_path / "b.png")
    seconds = facts["seconds"]
    assert list(seconds) == ["open", "describe", "decide", "restore", "write", "total"]
    assert seconds["total"] == pytest.approx(sum(seconds.values()) - seconds["total"], abs=1e-3)
    assert facts["ms_per_megapixel"] == pytest.approx(1e9 * seconds["total"] / (45 * 61), rel=0.01)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_streamed_photograph_is_restored_like_a_whole_one(tmp_path, restorer, monkeypatch, mode):
    source = picture(tmp_path / "a.png", (93, 61), mode)
    restore_photo(restorer, source, tmp_path / "whole.png")
    monkeypatch.setattr(
        "moei_toolkit.inference.photos.photo.open_photograph", partial(open_photograph, whole_pixels=0)
    )
    restore_photo(restorer, source, tmp_path / "streamed.png")
    whole, streamed = read_image(tmp_path / "whole.png"), read_image(tmp_path / "streamed.png")
    assert streamed.traits == whole.traits
    np.testing.assert_allclose(streamed.pixels.astype(int), whole.pixels, atol=1)  # views differ by rounding
    np.testing.assert_array_equal(streamed.alpha, whole.alpha)


@pytest.mark.parametrize("name", ["banana", "cuda:99", "meta", "hpu"])
def test_a_device_that_is_not_there(name):
    with pytest.raises(ConfigError, match=f"{name}.*'cpu' always can"):
        usable_device(name)


def test_the_router_is_told_the_path_of_a_photograph_and_may_refuse_one(tmp_path):
    (tmp_path / "in").mkdir()
    sources = [picture(tmp_path / "in" / name) for name in ("a.png", "b.png", "c.png")]
    routes = {sources[0].as_posix(): "second", sources[2].as_posix(): "first"}
    (tmp_path / "routes.json").write_text(json.dumps(routes))
    router = ExternalRouter(EXPERTS, file=str(tmp_path / "routes.json"))
    named = Restorer(make_runtime(), Decider(EagerRouter(router), Temperature(), 0.0, EXPERTS))
    (failure,) = restore_photos(named, pair_paths(tmp_path / "in", tmp_path / "out"), Quiet()).failures
    assert f"image {sources[1].as_posix()!r}: not there" in str(failure)
    found = [json.loads((tmp_path / "out" / f"{name}.png.json").read_text())["route"] for name in "ac"]
    assert found == ["second", "first"]
    pixels = read_image(sources[0]).pixels
    assert named.restore(pixels, sources[0].as_posix()).decision.route == "second"
    with pytest.raises(DataError, match="image '': not there"):
        named.restore(pixels)
