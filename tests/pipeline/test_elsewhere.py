"""A run that was never trained is judged on data of strangers: whole or not at all, if they are other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from strange_data import prepare
from tiny_artifact import make_finished_run

from moei_toolkit.commands.evaluate import main
from moei_toolkit.data.preparation.prepared_set import (
    SPLITS_NAME,
    PreparedSet,
    hash_tables,
    write_prepared,
)
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records, write_records
from moei_toolkit.errors import ConfigError, DataError, StoreError
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline import elsewhere
from moei_toolkit.pipeline.elsewhere import count_images, evaluate_elsewhere
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.joining import joined
from moei_toolkit.pipeline.measuring.measurement import Measured
from moei_toolkit.pipeline.measuring.measuring import Measuring

pytestmark = pytest.mark.usefixtures("undrawn")

IDS = ["a", "a-sand", "b", "b-sand", "c", "c-sand"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on images of the scenes "one" and "two" in rain and haze; read only."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    return make_finished_run(folder, utilities={"error": "l1", "normalize": False})


def change_records(data: Path, **changes: str) -> None:
    records = read_records(data / RECORDS_NAME)
    write_records(data / RECORDS_NAME, [replace(record, **changes) for record in records])


def evaluate(run: Path, data: Path, out: Path) -> dict:
    return evaluate_elsewhere(run, data, "test", out, SilentReporter())


def home_in(out: Path) -> dict:
    return json.loads((out / "facts.json").read_text())["home"]


def everything_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_every_image_is_judged_and_the_rankings_compared(run, tmp_path):
    results = evaluate(run, prepare(tmp_path / "data"), tmp_path / "out")
    rows = read_rows(tmp_path / "out" / "per_image.jsonl")
    assert {row.id for row in rows} == {"a", "b", "c", "a-sand", "b-sand", "c-sand"}
    assert results["shift"]["rank"]["policies"] == ("actual", "dense", "input")
    assert (
        json.loads((tmp_path / "out" / "results.json").read_text())["shift"]["rank"]["tau"]
        == (results["shift"]["rank"]["tau"])
    )
    assert "Run run on split test of data." in (tmp_path / "out" / "report.html").read_text()
    assert home_in(tmp_path / "out")["seen"] is None
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize(
    ("weathers", "input_psnr"),
    [(["rain", "sand"], 21), (["haze"], 11), (["sand"], (21 + 11) / 2)],
)
def test_home_is_taken_on_the_shared_weathers_if_there_are_any(run, tmp_path, weathers, input_psnr):
    evaluate(run, prepare(tmp_path / "data", weathers), tmp_path / "out")
    assert home_in(tmp_path / "out")["psnr"]["input"] == input_psnr


def test_data_of_one_weather_have_a_report_that_says_what_they_leave_open(run, tmp_path):
    results = evaluate(run, prepare(tmp_path / "data", ["haze"]), tmp_path / "out")
    reasons = {
        one["id"]: [check["measured"] for check in one["checks"] if check["holds"] is None]
        for one in results["objectives"]
    }
    assert reasons["O3"] == ["no images of rain were tested"]
    assert reasons["O4"] == ["one weather only was tested"]
    assert all(one["verdict"] != "pass" for one in results["objectives"] if one["id"] in ("O3", "O4"))
    text = (tmp_path / "out" / "report.md").read_text()
    assert "| macro (one weather) |" in text
    assert "| macro |" not in text
    assert "3 clean, 3 haze. Data: strange." in text


def test_images_of_scenes_the_run_has_seen_are_counted(run, tmp_path):
    data = prepare(tmp_path / "data", ["rain", "sand"])
    # Every image of the made-up run has these pixels: now the clean image of one scene is among them.
    records = read_records(data / RECORDS_NAME)
    write_records(data / RECORDS_NAME, [replace(records[0], hash="0" * 64), *records[1:]])
    results = evaluate(run, data, tmp_path / "out")
    reason = "3 of 9 images are of scenes the run has seen"
    assert home_in(tmp_path / "out")["seen"] == reason
    assert results["shift"] is None
    (other_data,) = [one for one in results["objectives"] if one["id"] == "O10"]
    assert other_data["verdict"] == "not measured"
    assert reason in other_data["checks"][0]["measured"]


def test_other_weather_over_test_scenes_is_other_data(run, tmp_path):
    data = prepare(tmp_path / "data", ["rain", "sand"])
    made = read_records(run / "data" / RECORDS_NAME)
    same = {"dataset": "toy", "scene_id": "one", "capture_id": made[0].capture_id, "source": "photograph"}
    change_records(data, **same)
    evaluate(run, data, tmp_path / "out")
    assert home_in(tmp_path / "out")["seen"] is None


def test_ids_of_strangers_are_no_paths(run, tmp_path):
    scenes = ["../../X", "a/b/x", "..", "/etc/x", "x" * 300, "e\u2028f"]
    data = prepare(tmp_path / "data", scenes=scenes)
    before = everything_below(tmp_path)
    evaluate(run, data, tmp_path / "inside" / "out")
    new = everything_below(tmp_path) - before
    assert {path.relative_to(tmp_path).parts[0] for path in new} == {"inside"}
    pictures = sorted((tmp_path / "inside" / "out" / "pictures").iterdir())
    assert [path.name for path in pictures] == [f"{number:03d}" for number in range(1, 7)]
    kept = [json.loads((path / "decision.json").read_text())["id"] for path in pictures]
    assert set(kept) < {name for scene in scenes for name in (scene, f"{scene}-sand")}
    assert len(set(kept)) == 6


def test_a_failure_leaves_nothing_and_the_next_try_works(run, tmp_path, monkeypatch):
    data, out = prepare(tmp_path / "data"), tmp_path / "out"

    def fail(*args: object) -> None:
        raise DataError("no report")

    with monkeypatch.context() as patched:
        patched.setattr(elsewhere, "write_report", fail)
        with pytest.raises(DataError, match="no report"):
            evaluate(run, data, out)
    assert not out.exists()
    out.mkdir()  # an empty folder is as good as none
    evaluate(run, data, out)
    assert (out / "report.html").is_file()
    assert not list(tmp_path.glob("*.partial"))


def test_a_stopped_evaluation_goes_on_where_it_was(run, tmp_path, monkeypatch):
    data, asked = prepare(tmp_path / "data"), []
    along_all = Measuring.along_all

    def count(self: Measuring, images: Images, record: Record) -> Measured:
        asked.append(record.id)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return along_all(self, images, record)

    monkeypatch.setattr(Measuring, "along_all", count)
    with pytest.raises(KeyboardInterrupt):
        evaluate(run, data, tmp_path / "out")
    kept = tmp_path / "out.partial" / "measured.jsonl"
    kept.write_text(kept.read_text() + '{"id": "c-sa')  # what a lost machine may leave
    evaluate(run, data, tmp_path / "out")
    assert asked[4:] == asked[3:4] + [name for name in IDS if name not in asked[:4]]
    assert not list(tmp_path.rglob("measured.jsonl"))
    evaluate(run, data, tmp_path / "at_once")
    first, second = ((tmp_path / name / "per_image.jsonl").read_bytes() for name in ("out", "at_once"))
    assert first == second


def test_what_was_measured_of_other_data_is_measured_again(run, tmp_path, monkeypatch):
    data = prepare(tmp_path / "data")

    def stop(*args: object) -> None:
        raise DataError("no report")

    with monkeypatch.context() as patched:
        patched.setattr(elsewhere, "write_report", stop)
        with pytest.raises(DataError, match="no report"):
            evaluate(run, data, tmp_path / "out")
    change_records(data, dataset="another")
    evaluate(run, data, tmp_path / "out")
    assert {row.dataset for row in read_rows(tmp_path / "out" / "per_image.jsonl")} == {"another"}


def test_a_folder_that_holds_something_is_left_alone(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(StoreError, match="expected a new or empty folder"):
        evaluate(run, prepare(tmp_path / "data"), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"degradation": "clean"}, "split 'test': expected degraded images, got none"),
        ({"degradation": "macro"}, "split 'test': expected another name of a weather than 'macro'"),
        ({"split": "val"}, "expected images in split 'test', got none"),
    ],
)
def test_data_that_cannot_be_judged_are_refused_before_anything_is_done(run, tmp_path, change, said):
    data = prepare(tmp_path / "data")
    change_records(data, **change)
    before = everything_below(tmp_path)
    for act in (lambda: evaluate(run, data, tmp_path / "out"), lambda: count_images(run, data, "test")):
        with pytest.raises(DataError, match=f"data.* {said}"):
            act()
    assert everything_below(tmp_path) == before


def test_a_folder_that_is_no_prepared_set_is_refused(run, tmp_path):
    with pytest.raises(DataError, match=r"expected a prepared data set, got no meta\.jsonl"):
        count_images(run, tmp_path, "test")


def test_images_are_counted_without_judging_them(run, tmp_path):
    data = prepare(tmp_path / "data")
    before = everything_below(tmp_path)
    assert count_images(run, data, "test") == 6
    assert everything_below(tmp_path) == before


def test_a_run_that_is_not_finished_is_refused(tmp_path):
    with pytest.raises(StoreError, match="Expected the folder of a run"):
        count_images(tmp_path, tmp_path, "test")


def prepare_whole(folder: Path) -> Path:
    prepare(folder)
    (folder / SPLITS_NAME).write_text("{}")
    write_prepared(folder, PreparedSet({}, "lmdb", {}, len(IDS), 3, 0, hash_tables(folder)))
    return folder


def test_several_sets_are_judged_as_one(run, tmp_path):
    sets = [prepare_whole(tmp_path / name) for name in ("first", "second")]
    with joined(sets, tmp_path) as data:
        evaluate(run, data, tmp_path / "out")
        there = data
    rows = read_rows(tmp_path / "out" / "per_image.jsonl")
    assert {row.id for row in rows} == {f"{name}/{one}" for name in ("first", "second") for one in IDS}
    assert "Run run on split test of first+second." in (tmp_path / "out" / "report.html").read_text()
    assert not there.exists()


def test_one_set_stands_for_itself(tmp_path):
    with joined([tmp_path / "data"], tmp_path / "nowhere") as data:
        assert data == tmp_path / "data"
    assert not (tmp_path / "nowhere").exists()


def test_what_is_no_prepared_set_cannot_be_joined(tmp_path):
    sets = [prepare_whole(tmp_path / "data"), tmp_path / "missing"]
    with pytest.raises(DataError, match="missing"), joined(sets, tmp_path):
        pytest.fail("it was joined")
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def dry_run(run: Path, sets: Sequence[Path], out: Path) -> int:
    return main(["--run", str(run), "--data", *map(str, sets), "-o", str(out), "--dry-run"])


def test_a_dry_run_says_what_would_be_judged_and_leaves_nothing(run, tmp_path, capsys):
    sets = [prepare_whole(tmp_path / name) for name in ("first", "second")]
    before = everything_below(tmp_path)
    assert dry_run(run, sets, tmp_path / "new" / "out") == 0
    assert capsys.readouterr().out.startswith("12 images of split 'test' in ")
    assert everything_below(tmp_path) == before


def test_a_dry_run_refuses_what_the_run_would(run, tmp_path):
    data = prepare_whole(tmp_path / "data")
    plain = prepare(tmp_path / "plain")
    again = tmp_path / "data" / ".." / "data"
    for sets, said in (
        ([data, tmp_path / "missing"], "missing"),
        ([data, plain], "plain"),
        ([data, again], "once"),
    ):
        with pytest.raises((DataError, ConfigError), match=said):
            dry_run(run, sets, tmp_path / "out")
