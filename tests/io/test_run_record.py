import os

import pytest

from moei_toolkit.errors import StoreError
from moei_toolkit.io.run_record import RECORD, Result, RunRecord, read_run, stage_folder, write_run
from moei_toolkit.pipeline.running.links import relative


@pytest.fixture
def record(tmp_path):
    (tmp_path / "stages" / "data" / "abc").mkdir(parents=True)
    stages = {
        "data": Result(folder="stages/data/abc", fingerprint="abc"),
        "gone": Result(folder="../elsewhere", fingerprint="def"),
    }
    record = RunRecord(config={"seed": 0, "list": [1, 2]}, stages=stages)
    write_run(tmp_path, record)
    return record


def test_what_is_written_is_read(tmp_path, record):
    assert read_run(tmp_path) == record


def test_an_unchanged_record_is_not_written_again(tmp_path, record):
    os.utime(tmp_path / RECORD, (0, 0))
    write_run(tmp_path, record)
    assert (tmp_path / RECORD).stat().st_mtime == 0
    write_run(tmp_path, record.model_copy(update={"stages": {}}))
    assert read_run(tmp_path).stages == {}


def test_folders_move_with_the_run(tmp_path, record):
    assert stage_folder(tmp_path, record, "data") == tmp_path / "stages" / "data" / "abc"
    moved = tmp_path.with_name("moved")
    tmp_path.rename(moved)
    assert stage_folder(moved, record, "data") == moved / "stages" / "data" / "abc"


def test_the_folder_of_a_run_may_be_a_link_to_one_that_lies_deeper(tmp_path):
    real, store = tmp_path / "deep" / "er" / "real", tmp_path / "store" / "data" / "abc"
    for folder in (real, store):
        folder.mkdir(parents=True)
    (tmp_path / "link").symlink_to("deep/er/real")
    outside = Result(folder=relative(store, tmp_path / "link"), fingerprint="abc")
    record = RunRecord(config={}, stages={"data": outside})
    assert stage_folder(tmp_path / "link", record, "data") == store


def test_results_that_are_not_there(tmp_path, record):
    with pytest.raises(StoreError, match="no result of stage 'router'"):
        stage_folder(tmp_path, record, "router")
    with pytest.raises(StoreError, match="elsewhere, the result of stage 'gone', is gone"):
        stage_folder(tmp_path, record, "gone")


def test_a_missing_record(tmp_path):
    with pytest.raises(StoreError, match="Expected the folder of a run"):
        read_run(tmp_path)


def test_a_record_that_is_no_object(tmp_path):
    (tmp_path / RECORD).write_text("[]")
    with pytest.raises(StoreError, match=r"run\.json is damaged: expected a JSON object, got a list\."):
        read_run(tmp_path)


@pytest.mark.parametrize(
    "text", ["", "{", '{"format": 2, "config": {}}', '{"config": {}, "stages": {"a": 1}}']
)
def test_a_damaged_record(tmp_path, text):
    (tmp_path / RECORD).write_text(text)
    with pytest.raises(StoreError, match=r"run\.json"):
        read_run(tmp_path)
    write_run(tmp_path, RunRecord(config={}))
    assert read_run(tmp_path).config == {}
