"""An artifact holds a whole run and nothing of the machine, in the same bytes every time."""

from __future__ import annotations

import getpass
import json
import platform
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
from tiny_artifact import make_config, make_finished_run

from moei_toolkit.artifact.layout import SCRIPTS
from moei_toolkit.artifact.packing import pack_run
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.config.loader import load_config
from moei_toolkit.errors import StoreError
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.io.run_record import read_run


def names_in(path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_it_holds_every_stage_and_what_a_person_needs(packed, finished):
    names = names_in(packed)
    for stage in read_run(finished).stages:
        assert f"stages/{stage}/manifest.json" in names
    assert {
        "config.py",
        "run.json",
        "environment.json",
        "MODEL_CARD.md",
        "SHA256SUMS",
        "rows.sha256",
    } <= names
    assert {f"scripts/{name}" for name in SCRIPTS} <= names
    assert {"stages/data/meta.jsonl", "stages/evaluate/per_image.jsonl", "stages/dense/history.json"} <= names
    assert {"stages/dense/backbone.safetensors", "stages/report/report.html"} <= names


def test_pixels_pictures_and_logs_stay_out(packed):
    assert not [name for name in names_in(packed) if "lmdb" in name or "pictures" in name or "logs" in name]


def test_the_same_run_gives_the_same_bytes(packed, finished, tmp_path):
    pack_run(finished, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_a_copied_run_gives_the_same_bytes(packed, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "elsewhere", symlinks=True)
    pack_run(tmp_path / "elsewhere", tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_nothing_tells_where_it_was_made(packed, finished):
    with zipfile.ZipFile(packed) as archive:
        everything = "\n".join(archive.namelist()) + "".join(
            archive.read(name).decode("latin-1") for name in archive.namelist() if "safetensors" not in name
        )
    assert str(finished) not in everything
    assert f"/{getpass.getuser()}/" not in everything
    assert f".{platform.node()}." not in everything
    assert "~/.cache/weights.pth" in everything  # what the rows' protocol had below the home folder


def test_the_config_loads_to_an_equal_one_but_for_places(unpacked, finished):
    loaded, original = load_config(unpacked / "config.py"), make_config(finished)
    assert loaded.without_places() == original.without_places()
    assert (loaded.work_dir, loaded.store) == ("work_dirs/reproduced", None)


def test_sha256sum_agrees(unpacked):
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=unpacked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    listed = {line[66:] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}


def test_manifests_are_those_of_the_run_but_for_logs_and_places(unpacked, finished):
    told = {"evaluate": {"protocol.json"}, "report": {"report.md", "report.html"}}
    for stage in read_run(finished).stages:
        ours, theirs = read_manifest(unpacked / "stages" / stage), read_manifest(finished / stage)
        logs = {name for name in theirs.outputs if name.startswith("logs/")}
        changed = {name for name in ours.outputs if ours.outputs[name] != theirs.outputs[name]}
        assert (ours.fingerprint, ours.recipe) == (theirs.fingerprint, theirs.recipe)
        assert bool(logs) == (stage == "dense" or stage.startswith("experts"))
        assert ours.outputs.keys() == theirs.outputs.keys() - logs
        assert changed == told.get(stage, set())


def test_the_environment_names_every_distribution(unpacked):
    environment = json.loads((unpacked / "environment.json").read_text())
    assert environment["distributions"]["numpy"] == np.__version__
    assert environment.keys() >= {"python", "platform", "processors", "git"}


def test_an_unpacked_one_restores_as_the_run_does(unpacked, finished):
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    ours, theirs = (Restorer.from_run(folder).restore(image) for folder in (unpacked, finished))
    assert ours.image.tobytes() == theirs.image.tobytes()
    assert ours.decision == theirs.decision


def test_absolute_paths_of_the_config_are_replaced_everywhere(tmp_path):
    layout = {"type": "folders", "root": "/data/secret/UHD-Rain"}
    run = make_finished_run(tmp_path / "run", data={"layout": layout, "draws": {"train": 2}})
    pack_run(run, tmp_path / "artifact.zip")
    with zipfile.ZipFile(tmp_path / "artifact.zip") as archive:
        assert [name for name in archive.namelist() if b"secret" in archive.read(name)] == []
        config = json.loads(archive.read("run.json"))["config"]
    assert config["data"]["layout"]["root"] == "elsewhere1/UHD-Rain"
    verify_artifact(tmp_path / "artifact.zip")


def test_a_run_that_is_not_finished(finished, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run", symlinks=True)
    record = json.loads((run / "run.json").read_text())
    del record["stages"]["evaluate"]
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(StoreError, match="'evaluate' yet: finish it first"):
        pack_run(run, tmp_path / "artifact.zip")
    assert not (tmp_path / "artifact.zip").exists()


@pytest.mark.parametrize(
    ("name", "edit", "expected"),
    [
        ("dense/history.json", lambda path: path.write_text("[]"), "dense/history.json is not what"),
        ("router/router.safetensors", lambda path: path.unlink(), "router/router.safetensors is missing"),
    ],
)
def test_a_damaged_run(finished, tmp_path, name, edit, expected):
    run = shutil.copytree(finished, tmp_path / "run", symlinks=True)
    edit(run / name)
    with pytest.raises(StoreError, match=f"(?s)--from the stage.*stages/{expected}"):
        pack_run(run, tmp_path / "artifact.zip")


def test_a_toolkit_without_its_scripts(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("moei_toolkit.artifact.packing.SCRIPTS", ("nothing.sh",))
    with pytest.raises(StoreError, match=r"nothing.sh is missing: run this from a checkout"):
        pack_run(finished, tmp_path / "artifact.zip")
