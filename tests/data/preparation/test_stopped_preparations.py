"""A preparation that was stopped or killed goes on, and what was there before stays true."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from counting import Counting
from disk_layout import DiskLayout, add_pair, order, records_of, verify

from moei_toolkit.config.component import Component
from moei_toolkit.config.preparation import Preparation
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.preparation.prepared_set import read_prepared
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.preparing import choose_storage


class StoppedError(Exception):
    """Stands for whatever may end a preparation."""


def stop(*arguments: object) -> None:
    raise StoppedError


def test_what_stopped_before_its_first_result_goes_on(pairs, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("moei_toolkit.data.preparation.prepare.inspect_scene", Mock(side_effect=StoppedError))
        with pytest.raises(StoppedError):
            prepare(order(pairs), out, SilentReporter())
    assert (out / "pairs.lmdb").is_file()
    prepare(order(pairs), out, SilentReporter())
    assert len(records_of(out)) == 24
    assert not (out / "begun.json").exists()


def test_what_was_stopped_keeps_its_storage_unless_another_is_asked_for(pairs, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr("moei_toolkit.data.preparation.prepare.inspect_scene", Mock(side_effect=StoppedError))
    with pytest.raises(StoppedError):
        prepare(order(pairs, storage="files"), out, SilentReporter())
    layout = Component(type="pairs", arguments={"root": str(pairs), "degradation": "haze"})
    config = Preparation(layout=layout, weather={"haze": Component(type="haze")})
    assert choose_storage(config, out) == "files"
    assert choose_storage(config.model_copy(update={"storage": "lmdb"}), out) == "lmdb"


@pytest.mark.parametrize("storage", ["lmdb", "files"])
@pytest.mark.parametrize("changed", ["seed", "pixels"])
def test_what_was_prepared_stays_true_until_it_is_prepared_anew(
    pairs, tmp_path, storage, changed, monkeypatch
):
    out = tmp_path / "out"
    first = order(pairs, layout=DiskLayout(pairs, paired=False), storage=storage)
    prepare(first, out, SilentReporter())
    verify(out)
    if changed == "pixels" and storage == "lmdb":
        add_pair(pairs, "s03", 300)
    with monkeypatch.context() as patch:
        patch.setattr("moei_toolkit.data.preparation.prepare._write", stop)
        with pytest.raises(StoppedError):
            prepare(replace(first, seed=1), out, SilentReporter())
    assert read_prepared(out).settings["seed"] == 0
    verify(out)
    prepare(first, out, SilentReporter())
    verify(out)
    prepare(replace(first, seed=1), out, SilentReporter())
    verify(out)


KILLED = """
import sys
from pathlib import Path
from disk_layout import order, verify
from moei_toolkit.data.preparation import steps
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.preparing import choose_storage

steps.COMMIT_SECONDS = 0.0
prepare(order(Path(sys.argv[1])), Path(sys.argv[2]), SilentReporter())
"""


@pytest.mark.parametrize("wanted", [1, 5])
def test_a_killed_preparation_goes_on(pairs, tmp_path, wanted):
    out, whole = tmp_path / "out", tmp_path / "whole"
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    paths = [str(Path(__file__).parent), *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    ledger = out / "ledger.jsonl"
    with subprocess.Popen([sys.executable, script, pairs, out], env=environment) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if ledger.is_file() and ledger.read_text().count("}\n") >= wanted:
                break
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    with ledger.open("a") as file:
        file.write('{"step": "check", "scene": "s0')  # as if the last line had been cut short
    counting = Counting()
    prepare(order(pairs), out, counting)
    assert counting.totals["check"] <= 12 - wanted
    prepare(order(pairs), whole, SilentReporter())
    for name in ("meta.jsonl", "splits.json", "findings.jsonl", "prepared.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    with PixelStore(out) as store:
        for record in records_of(out):
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash
