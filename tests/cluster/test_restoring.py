"""A folder that workers restore comes out as one process restores it, also when one of them is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from photo_files import Quiet, picture
from tiny_run import make_run

from moei_toolkit.cli import PARTIAL
from moei_toolkit.commands import restore
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.photos.folder import restore_photos
from moei_toolkit.inference.photos.on_cluster import restore_photos_on_cluster
from moei_toolkit.inference.photos.paths import pair_paths
from moei_toolkit.inference.restorer import Restorer

ROOT = Path(__file__).parents[2]
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
    assert len(restore_photos_on_cluster(workers, killing, pair_paths(photos, out), said).failures) == 1
    assert marker.exists()
    assert pictures_below(out) == alone[0]
    assert without_times(said.told, out) == alone[1]


@pytest.mark.long
def test_a_photograph_that_kills_every_worker_is_named(tmp_path, workers, run, photos, alone):
    said, out = Quiet(), tmp_path / "out"
    killing = _by_value(deadly, run, "c.png", tmp_path / "died", True)
    failures = restore_photos_on_cluster(workers, killing, pair_paths(photos, out), said).failures
    _, named = map(str, failures)  # the first is of the file that is no picture
    assert "c.png: 3 workers died" in named
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


def command_over(run: Path, photos: Path, out: Path) -> list[str]:
    """Restore by a process of its own, which joins the Ray of the tests."""
    import ray

    address = ray.get_runtime_context().gcs_address
    options = [str(photos), "--run", str(run), "-o", str(out), "--threads", "1", "--ray", address]
    return [sys.executable, str(ROOT / "tools" / "restore.py"), *options, "--ray-workers", "2"]


@pytest.mark.long
def test_a_cluster_that_is_there_is_joined_by_its_address(tmp_path, run, photos, alone, workers):
    done = subprocess.run(
        command_over(run, photos, tmp_path / "out"), capture_output=True, text=True, check=False
    )
    assert done.returncode == PARTIAL, done.stderr
    assert pictures_below(tmp_path / "out") == alone[0]


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_whoever_is_ended_leaves_no_worker_and_nothing_half_written(
    tmp_path, run, photos, workers, number, code
):
    for copy in range(200):
        shutil.copy(photos / "a.png", tmp_path / f"{copy}.png")
    out = tmp_path / "out"
    running = subprocess.Popen(command_over(run, tmp_path, out), stderr=subprocess.PIPE, text=True)
    while not list(out.glob("*.png.json")):
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.01)
    running.send_signal(number)
    assert "run the same command again" in running.communicate()[1]
    assert running.returncode == code
    assert 0 < len(pictures_below(out)) < 200
    assert not list(out.glob(".tmp-*"))


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
    ],
)
def test_options_that_do_not_go_together_are_refused(workers, tmp_path, run, photos, options, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        restore.main([str(photos), "--run", str(run), "-o", str(tmp_path / "out"), *options])
