"""The report of hand-made rows: its files, its pictures in order, and what it is compared with."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from row_examples import example
from tiny_artifact import PROTOCOL, make_finished_run
from tiny_run import make_decider

from moei_toolkit.config.loader import validate_config
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import Row, write_rows
from moei_toolkit.evaluation.shift import Home
from moei_toolkit.io.run_record import read_run, stage_folder
from moei_toolkit.pipeline.chain import REPORT, make_chain
from moei_toolkit.pipeline.judging.showing import PICTURES_FOLDER, Shown, save_pictures
from moei_toolkit.pipeline.reporting import writing
from moei_toolkit.pipeline.reporting.origin import origin_of
from moei_toolkit.pipeline.reporting.writing import write_report
from moei_toolkit.registration.plugin_table import PluginTable

pytestmark = pytest.mark.usefixtures("undrawn")

VERSIONS = ("input", "dense", "actual", "clean")
GRAY = np.full((8, 8, 3), 0.5, np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run; read only."""
    return make_finished_run(tmp_path_factory.mktemp("finished") / "run")


@pytest.fixture
def evaluated(tmp_path: Path) -> Path:
    """A folder as an evaluation leaves it, without pictures."""
    folder = tmp_path / "evaluated"
    folder.mkdir()
    write_rows(folder / "per_image.jsonl", example())
    (folder / "protocol.json").write_text(json.dumps(PROTOCOL))
    return folder


def report(run: Path, evaluated: Path, home: Home | None = None) -> Path:
    record = read_run(run)
    config = validate_config(record.config, "test")
    names = [stage.name for stage in make_chain(config) if stage.name != REPORT]
    folders = {name: stage_folder(run, record, name) for name in names}
    out = evaluated.with_name("out")
    out.mkdir()
    origin = origin_of(config, folders)
    write_report(config, folders, evaluated, origin, config.seed, out, PluginTable(), home)
    return out


def keep(evaluated: Path, folder: str, image: str, name: str, pixels: np.ndarray = GRAY) -> None:
    shown = Shown(dict.fromkeys(VERSIONS, pixels), make_decider(0.0, 1.0).decide(np.zeros(1)))
    save_pictures(evaluated / PICTURES_FOLDER / folder, shown, image, name)


def titles_in(out: Path) -> list[str]:
    return re.findall(r">((?:best|median|worst): [^<]+)<", (out / "report.html").read_text())


def renamed(rows: list[Row], old: str, new: str) -> list[Row]:
    return [replace(row, id=new) if row.id == old else row for row in rows]


def test_every_file_is_written(run, evaluated):
    assert {path.name for path in report(run, evaluated).iterdir()} == {
        "facts.json",
        "objectives.json",
        "per_policy.csv",
        "report.html",
        "report.md",
        "results.json",
    }


def test_the_same_rows_give_the_same_bytes(run, evaluated):
    first = report(run, evaluated)
    written = {path.name: path.read_bytes() for path in first.iterdir()}
    first.rename(evaluated.with_name("first"))
    assert {path.name: path.read_bytes() for path in report(run, evaluated).iterdir()} == written


def test_pictures_come_from_best_to_worst_whatever_their_folders_are_called(run, evaluated):
    keep(evaluated, "001", "two-rain-0", "worst")
    keep(evaluated, "002", "one-rain-0", "best")
    keep(evaluated, "003", "one-haze-0", "best")
    titles = titles_in(report(run, evaluated))
    assert titles == ["best: one-haze-0", "best: one-rain-0", "worst: two-rain-0"]


def test_the_id_of_a_picture_is_beside_its_decision(evaluated):
    keep(evaluated, "001", "one-rain-0", "median")
    folder = evaluated / PICTURES_FOLDER / "001"
    decision = json.loads((folder / "decision.json").read_text())
    assert {name: decision[name] for name in ("id", "kept")} == {"id": "one-rain-0", "kept": "median"}
    assert decision["route"] == "second"
    assert {path.name for path in folder.iterdir()} == {
        "decision.json",
        *(f"{name}.jpg" for name in VERSIONS),
    }


@pytest.mark.parametrize(("most", "longest"), [(3_000_000, 800), (2_000_000, 720), (500_000, 360)])
def test_many_pictures_are_smaller_so_that_the_page_opens_at_once(run, evaluated, monkeypatch, most, longest):
    noise = np.random.default_rng(0).random((400, 800, 3), np.float32)
    keep(evaluated, "001", "one-rain-0", "best", noise)
    keep(evaluated, "002", "two-rain-0", "worst", noise)
    monkeypatch.setattr(writing, "MOST_CHARACTERS", most)
    page = (report(run, evaluated) / "report.html").read_text()
    assert re.findall(r'<img [^>]*width="(\d+)"', page) == [str(longest)] * 8
    assert sum(map(len, re.findall(r'src="(data:[^"]*)"', page))) <= most


@pytest.mark.parametrize("name", ["../../one", "<b>one</b>", "x" * 300])
def test_an_id_is_shown_and_never_followed(run, evaluated, name):
    write_rows(evaluated / "per_image.jsonl", renamed(example(), "one-rain-0", name))
    keep(evaluated, "001", name, "best")
    (title,) = titles_in(report(run, evaluated))
    assert title == "best: " + name.replace("<", "&lt;").replace(">", "&gt;")


def test_without_home_nothing_is_compared(run, evaluated):
    out = report(run, evaluated)
    facts = json.loads((out / "facts.json").read_text())
    assert facts["home"] is None
    assert json.loads((out / "results.json").read_text())["shift"] is None


@pytest.mark.parametrize("seen", [None, "2 of 5 images are of scenes the run has seen"])
def test_home_is_a_fact_and_the_rankings_are_compared_unless_the_data_were_seen(run, evaluated, seen):
    home = Home({"input": 10.0, "dense": 20.0, "actual": 30.0}, seen, "A run on other data.")
    out = report(run, evaluated, home)
    assert json.loads((out / "facts.json").read_text())["home"] == asdict(home)
    shift = json.loads((out / "results.json").read_text())["shift"]
    assert shift is None if seen else shift["rank"]["tau"] == pytest.approx(1)
    assert "A run on other data." in (out / "report.html").read_text()


def test_damaged_rows_leave_no_report(run, evaluated):
    (evaluated / "per_image.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match=r"per_image\.jsonl:1"):
        report(run, evaluated)
    assert not list(evaluated.with_name("out").iterdir())
