"""A folder that workers restore comes out as one process restores it, also when one of them is killed."""

from __future__ import annotations

import os
import re
import signal
import sys
from functools import partial
from pathlib import Path

import pytest
from photo_files import Quiet, picture
from tiny_run import make_run

from moei_toolkit.cli import PARTIAL
from moei_toolkit.commands import restore
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.photo_paths import pair_paths
from moei_toolkit.inference.photos import restore_photos
from moei_toolkit.inference.photos_on_cluster import restore_photos_on_cluster
from moei_toolkit.inference.restorer import Restorer

NAMES = ("a.png", "b.jpg", "c.png", "d.tif", "below/e.png")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made") / "run")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five photographs, and a file that is none."""
    folder = tmp_path_factory.mktemp("photos") / "in"
    for number, name in enumerate(NAMES):
        picture(folder / name, (40 + number, 50))
    (folder / "bad.png").write_bytes(b"not a picture")
    return folder


def open_restorer(run: Path) -> Restorer:
    return Restorer.from_run(run, threads=1)


def pictures_below(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def without_times(told: list[str], folder: Path) -> list[str]:
    return [re.sub(r"[\d.]+ s$", "", text.replace(str(folder), "")) for text in told]


@pytest.fixture(scope="module")
def alone(tmp_path_factory, run: Path, photos: Path) -> tuple[dict[str, bytes], list[str]]:
    """What one process makes of the photographs, and what it says."""
    said, out = Quiet(), tmp_path_factory.mktemp("alone")
    restore_photos(open_restorer(run), pair_paths(photos, out), said)
    return pictures_below(out), without_times(said.told, out)


def deadly(run: Path, name: str, marker: Path, always: bool = False) -> Restorer:
    """Return a restorer that kills its process in the middle of a photograph, once or always."""
    restorer = Restorer.from_run(run, threads=1)
    restore_rows, decide = restorer.runtime.restore_rows, restorer.decider.decide
    current = []

    def restore_some_rows(*args):
        for rows in restore_rows(*args):
            yield rows
            if current[-1].endswith(name) and (always or not marker.exists()):
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)

    restorer.runtime.restore_rows = restore_some_rows
    restorer.decider.decide = lambda g, image: current.append(image) or decide(g, image)
    return restorer


def test_a_killed_worker_loses_no_picture_and_leaves_none_half_written(tmp_path, workers, run, photos, alone):
    said, out, marker = Quiet(), tmp_path / "out", tmp_path / "died"
    killing = _by_value(deadly, run, "c.png", marker)
    assert len(restore_photos_on_cluster(workers, killing, pair_paths(photos, out), said)) == 1
    assert marker.exists()
    assert pictures_below(out) == alone[0]
    assert without_times(said.told, out) == alone[1]


@pytest.mark.long
def test_a_photograph_that_kills_every_worker_is_named(tmp_path, workers, run, photos, alone):
    said, out = Quiet(), tmp_path / "out"
    killing = _by_value(deadly, run, "c.png", tmp_path / "died", True)
    failures = restore_photos_on_cluster(workers, killing, pair_paths(photos, out), said)
    assert ["bad.png" in str(failures[0]), "c.png: 3 workers died" in str(failures[1])] == [True, True]
    assert pictures_below(out) == {name: data for name, data in alone[0].items() if name != "c.png"}
    assert not (out / "c.png.json").exists()


def _by_value(function, *args):
    """Let a function of this module travel to processes that cannot import it."""
    import ray.cloudpickle

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return partial(function, *args)


def test_the_command_makes_the_same_pictures(run, photos, alone, workers, tmp_path, capsys):
    command = f"{photos} --run {run} -o {tmp_path / 'out'} --threads 1 --ray --ray-workers 2".split()
    assert restore.main(command) == PARTIAL
    assert pictures_below(tmp_path / "out") == alone[0]
    assert capsys.readouterr().err.count(f"error: {photos / 'bad.png'}") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ray-workers", "2"], "--ray-workers: expected --ray"),
        (
            ["--ray", "photos"],
            "--ray: expected the address of a Ray cluster, HOST:PORT or auto, got 'photos'",
        ),
        (["--ray", "127.0.0.1:1"], "--ray: expected a Ray cluster at '127.0.0.1:1', nothing answers"),
        (["--ray", "--device", "cuda:1"], "--device: expected cpu or cuda with --ray"),
        (["--ray", "--ray-workers", "0"], "--ray: workers: expected 1 or more, got 0"),
    ],
)
def test_options_that_do_not_go_together_are_refused(workers, tmp_path, run, photos, options, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        restore.main([str(photos), "--run", str(run), "-o", str(tmp_path / "out"), *options])
