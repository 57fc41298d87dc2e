"""tools/prepare_data.py as a person meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from damaged_files import DROPPED, make_damaged
from disk_layout import picture, save

from moei_toolkit.cli import PARTIAL
from moei_toolkit.commands.pack_lmdb import main as pack
from moei_toolkit.commands.prepare_data import main
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.data.preparation.prepared_set import read_findings, read_prepared
from moei_toolkit.data.records import read_records
from moei_toolkit.errors import ConfigError, DataError, PluginError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(10):
        save(tmp_path / "photos" / f"day {number % 3}" / f"{number}.png", picture(number))
    return tmp_path / "photos"


def prepare(photos: Path, out: Path, *options: str) -> int:
    common = ["--layout", "clean_photos", "--root", str(photos), "--out", str(out), "--workers", "0"]
    return main([*common, *options])


def test_a_folder_of_photographs(photos, tmp_path, capsys):
    assert prepare(photos, tmp_path / "out", "--cfg-options", "draws.train=1", "draws.test=1") == 0
    said = capsys.readouterr().out
    prepared = read_prepared(tmp_path / "out")
    assert f"{prepared.images} images of 10 scenes" in said
    records = read_records(tmp_path / "out" / "meta.jsonl")
    assert {record.degradation for record in records} == {"clean", "rain", "haze", "snow"}
    page = (tmp_path / "out" / "report.html").read_text()
    assert "clean_photos" in page
    assert 'src="http' not in page


def test_two_hundred_damaged_files_are_listed_and_the_rest_is_prepared(photos, tmp_path, capsys):
    fates = make_damaged(photos / "damaged", 200)
    assert prepare(photos, tmp_path / "out", "--cfg-options", "checks.smallest_side=8") == PARTIAL
    findings = read_findings(tmp_path / "out")
    told = {finding.path for finding in findings}
    used = {
        record.id for record in read_records(tmp_path / "out" / "meta.jsonl") if record.degradation == "clean"
    }
    dropped = {finding.path for finding in findings if finding.dropped}
    for path, fate in fates.items():
        if path.is_dir():  # is looked into, whatever it is called
            continue
        name = name_below(photos, path)
        assert name in told, name
        assert (name in dropped) == (fate == DROPPED), name
    assert all(finding.reason for finding in findings)
    assert {f"day {number % 3}/{number}" for number in range(10)} <= used
    assert "left out" in capsys.readouterr().out


def test_a_set_keeps_its_kind_of_storage(photos, tmp_path):
    out = tmp_path / "out"
    prepare(photos, out, "--storage", "files")
    prepare(photos, out)
    assert read_prepared(out).storage == "files"
    assert not (out / "pairs.lmdb").exists()
    with pytest.raises(ConfigError, match=r"keeps its pixels as 'files', got 'lmdb'.*pack_lmdb"):
        prepare(photos, out, "--storage", "lmdb")
    assert pack([str(out)]) == 0
    prepare(photos, out)
    assert read_prepared(out).storage == "lmdb"
    places = {record.path_raw for record in read_records(out / "meta.jsonl")}
    assert all(place.startswith("pairs.lmdb#") for place in places)
    with pytest.raises(ConfigError, match="keeps its pixels as 'lmdb'"):
        prepare(photos, out, "--storage", "files")


def test_looking_first_writes_nothing(photos, tmp_path, capsys):
    assert prepare(photos, tmp_path / "out", "--dry-run") == 0
    assert "10 scenes of 10 captures" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_looking_first_names_what_nobody_can_print(photos, tmp_path, capsys):
    (photos / os.fsdecode(b"caf\xe9.heic")).write_bytes(b"x")
    assert main(["--layout", "clean_photos", "--root", str(photos), "--out", str(tmp_path), "--dry-run"]) == 0
    assert "left over: caf\\udce9.heic: its name is" in capsys.readouterr().out


def test_what_is_printed_as_config_can_be_given_back(photos, tmp_path, capsys):
    prepare(photos, tmp_path / "out", "--print-config", "--cfg-options", "shares.test=0.5")
    text = capsys.readouterr().out
    config = tmp_path / "config.py"
    config.write_text(text)
    main([str(config), "--print-config"])
    assert capsys.readouterr().out == text
    assert "test=0.5" in text
    assert "train=0.68" in text


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([], ConfigError, "expected a config file or --layout"),
        (["--layout", "uhd_rian", "--root", "x", "--out", "y"], PluginError, "Did you mean 'uhd_rain'"),
        (["--layout", "uhd_rain", "--root", "missing", "--out", "y"], DataError, "missing"),
        (["--layout", "pairs"], ConfigError, "expected --out DIR"),
        (["--layout", "pairs", "--out", "y", "--workers", "-1"], ConfigError, "expected 0 or more, got -1"),
        (["--layout", "pairs", "--cfg-options", "shars.train=1"], ConfigError, "Did you mean 'shares'"),
    ],
)
def test_what_is_wrong_is_said(arguments, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        main(arguments)
    assert list(tmp_path.iterdir()) == []


def test_mixed_weather_over_embedded_photographs(tmp_path):
    options = ["--out", str(tmp_path / "out"), "--workers", "0", "--cfg-options", "draws.test=1"]
    assert main([str(ROOT / "configs/data/mixed.py"), *options]) == 0
    tested = [r for r in read_records(tmp_path / "out" / "meta.jsonl") if r.split == "test"]
    counts = {name: sum(record.degradation == name for record in tested) for name in ("rain_haze", "clean")}
    assert counts["rain_haze"] == counts["clean"] == 6
    splits = json.loads((tmp_path / "out" / "splits.json").read_text())
    assert splits["captures"]["photo-coffee"] == "test"


def test_help_is_quick_to_read():
    done = subprocess.run(
        [sys.executable, "tools/prepare_data.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--layout" in done.stdout
