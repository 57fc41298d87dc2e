"""A folder goes on where it stopped, and its photographs overlap."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest
from photo_files import Quiet, picture
from tiny_run import make_decider, make_run, make_runtime

from moei_toolkit.commands import restore
from moei_toolkit.errors import DataError
from moei_toolkit.inference.photos.folder import restore_photos
from moei_toolkit.inference.photos.paths import pair_paths
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.atomic import beside
from moei_toolkit.io.images.photograph import Photograph, open_photograph
from moei_toolkit.io.images.restoration_record import record_path


@pytest.fixture
def restorer() -> Restorer:
    return Restorer(make_runtime(), make_decider(2.0, 0.0))


def test_smaller_tiles_for_lack_of_memory_are_said_and_recorded(tmp_path):
    def short_of_memory(tiles, route, g):
        if tiles.shape[3] > 16:
            raise MemoryError
        return tiles

    runtime = make_runtime(protocol=Protocol(16, 16, 2, tile=32, overlap=4))
    runtime.restore_tiles = short_of_memory
    sizes = {"small.png": (10, 16), "large.png": (40, 50)}
    pairs = [(picture(tmp_path / name, size), tmp_path / "out" / name) for name, size in sizes.items()]
    reporter = Quiet()
    assert restore_photos(Restorer(runtime, make_decider(2.0, 0.0)), pairs, reporter, "m").failures == []
    assert [text.endswith(", tiles of 16 to save memory") for text in reporter.told] == [False, True]
    records = [json.loads(record_path(target).read_text()) for _, target in pairs]
    assert [(record["tile"], record["usual_tile"]) for record in records] == [(32, 32), (16, 32)]


class TestContinuing:
    """What was restored by this model from this photograph is not restored again."""

    @pytest.fixture
    def pairs(self, tmp_path) -> list[tuple[Path, Path]]:
        for name in ("a.png", "b.png", "c.png"):
            picture(tmp_path / "in" / name)
        return pair_paths(tmp_path / "in", tmp_path / "out")

    @pytest.fixture
    def restored(self, restorer, monkeypatch) -> list[object]:
        """One item per photograph that was restored."""
        describe, seen = restorer.runtime.describe, []
        monkeypatch.setattr(restorer.runtime, "describe", lambda x: seen.append(x) or describe(x))
        return seen

    def test_nothing_is_done_twice(self, pairs, restorer, restored):
        assert restore_photos(restorer, pairs, Quiet(), "m").failures == []
        before = [target.stat().st_mtime_ns for _, target in pairs]
        reporter = Quiet()
        assert restore_photos(restorer, pairs, reporter, "m").failures == []
        assert reporter.told == [f"{target}: done before" for _, target in pairs]
        assert [target.stat().st_mtime_ns for _, target in pairs] == before
        assert len(restored) == 3

    @pytest.mark.parametrize(("model", "overwrite"), [("other", False), (None, False), ("m", True)])
    def test_another_model_or_a_wish_does_it_again(self, pairs, restorer, restored, model, overwrite):
        restore_photos(restorer, pairs, Quiet(), "m")
        restore_photos(restorer, pairs, Quiet(), model, overwrite)
        assert len(restored) == 6

    @pytest.mark.parametrize(
        "change",
        [
            lambda source, target: os.utime(source, ns=(1, 1)),
            lambda source, target: picture(source, (20, 31)),
            lambda source, target: target.unlink(),
            lambda source, target: target.with_name("b.png.json").unlink(),
            lambda source, target: target.with_name("b.png.json").write_text("[half"),
            lambda source, target: target.with_name("b.png.json").write_text("[]"),
        ],
    )
    def test_what_has_changed_or_is_missing_is_done_again(self, pairs, restorer, restored, change):
        restore_photos(restorer, pairs, Quiet(), "m")
        change(*pairs[1])
        reporter = Quiet()
        restore_photos(restorer, pairs, reporter, "m")
        assert [text.endswith("done before") for text in reporter.told] == [True, False, True]
        assert len(restored) == 4

    def test_what_a_killed_run_has_half_written_is_removed(self, pairs, restorer):
        half = beside(pairs[1][1])
        half.parent.mkdir()
        half.write_bytes(b"half")
        assert restore_photos(restorer, pairs, Quiet(), "m").failures == []
        assert list(half.parent.glob(".tmp-*")) == []

    def test_an_interrupted_run_goes_on_where_it_stopped(self, pairs, restorer, restored, monkeypatch):
        restore_rows = restorer.runtime.restore_rows

        def interrupt(*args):
            yield from restore_rows(*args)
            if len(restored) == 3:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(restorer.runtime, "restore_rows", interrupt)
            with pytest.raises(KeyboardInterrupt):
                restore_photos(restorer, pairs, Quiet(), "m")
        out = pairs[0][1].parent
        assert (
            {"a.png", "a.png.json"}
            <= {path.name for path in out.iterdir()}
            <= {"a.png", "a.png.json", "b.png"}
        )
        reporter = Quiet()
        assert restore_photos(restorer, pairs, reporter, "m").failures == []
        assert [text.endswith("done before") for text in reporter.told] == [True, False, False]
        assert len(list(out.iterdir())) == 6

    def test_a_failure_leaves_the_picture_and_its_json_as_they_were(self, pairs, restorer, monkeypatch):
        restore_photos(restorer, pairs, Quiet(), "m")
        before = {path.name: path.read_bytes() for path in pairs[0][1].parent.iterdir()}

        def fail(*_):
            raise DataError("NaN came out")

        monkeypatch.setattr(restorer.runtime, "restore_rows", fail)
        assert len(restore_photos(restorer, pairs, Quiet(), "other").failures) == 3
        assert {path.name: path.read_bytes() for path in pairs[0][1].parent.iterdir()} == before

    def test_a_picture_never_lies_beside_the_json_of_another(self, pairs, restorer, monkeypatch):
        restore_photos(restorer, pairs, Quiet(), "m")
        found, replace = [], Path.replace

        def watch(self: Path, target: Path) -> Path:
            found.append((target.suffix, target.with_name(target.name + ".json").exists()))
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", watch)
        restore_photos(restorer, pairs, Quiet(), "other")
        assert sorted(found) == [(".json", False)] * 3 + [(".png", False)] * 3

    def test_the_command_names_the_model_by_its_run(self, tmp_path, pairs, capsys):
        run = make_run(tmp_path / "run")
        command = [str(tmp_path / "in"), "--run", str(run), "-o", str(tmp_path / "out")]
        assert restore.main(command) == 0
        before = [target.stat().st_mtime_ns for _, target in pairs]
        assert restore.main(command) == 0
        assert [target.stat().st_mtime_ns for _, target in pairs] == before
        assert capsys.readouterr().err.count("done before") == 3
        assert restore.main([*command, "--overwrite"]) == 0
        assert [target.stat().st_mtime_ns for _, target in pairs] != before


class TestOverlap:
    """Neighbours in a folder are opened and written while a photograph is restored."""

    def test_the_next_is_opened_and_the_one_before_is_written(self, tmp_path, restorer, monkeypatch):
        pairs = [(picture(tmp_path / name), tmp_path / "out" / name) for name in ("a.png", "b.png", "c.png")]
        opened: dict[str, threading.Event] = {source.name: threading.Event() for source, _ in pairs}
        describe, calls = restorer.runtime.describe, []

        def watch(source: Path) -> Photograph:
            opened[source.name].set()
            return open_photograph(source)

        def wait_for_neighbours(x: object) -> object:
            calls.append(x)
            if len(calls) == 1:
                assert opened["b.png"].wait(10)
                assert not opened["c.png"].wait(0.05)  # one ahead, and no more
            if len(calls) == 2:
                assert comes_to_be(pairs[0][1])
            return describe(x)

        monkeypatch.setattr("moei_toolkit.inference.photos.photo.open_photograph", watch)
        monkeypatch.setattr(restorer.runtime, "describe", wait_for_neighbours)
        assert restore_photos(restorer, pairs, Quiet()).failures == []
        assert len(calls) == 3


def comes_to_be(path: Path) -> bool:
    """Wait for a file, ten seconds at most."""
    for _ in range(1000):
        if path.exists():
            return True
        time.sleep(0.01)
    return False
