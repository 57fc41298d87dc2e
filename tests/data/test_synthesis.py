from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest
from toy_layout import ToyLayout

from moei_toolkit.data.preparation.drawing import stratified_severity
from moei_toolkit.data.preparation.synthesis import synthesise
from moei_toolkit.data.records import read_records
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.snow import Snow


def run(folder, names=("one", "two"), tasks=None, draws=2, workers=0):
    folder.mkdir()
    made = synthesise(
        ToyLayout(names),
        tasks or {"rain": Rain(), "haze": Haze()},
        {"train": draws},
        7,
        folder,
        lambda done, total: None,
        workers=workers,
    )
    return {record.id: record for record in made}


def test_one_clean_record_and_draws_per_task(prepared):
    counts = Counter((record.scene_id, record.degradation) for record in prepared[1])
    assert counts == {
        (scene, task): 1 if task == "clean" else 2
        for scene in ("one", "two", "three")
        for task in ("clean", "haze", "snow")
    }


def test_what_is_written_is_what_is_returned(prepared, store):
    folder, records = prepared
    assert read_records(folder / "meta.jsonl") == records
    for record in records:
        assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash


def test_a_clean_record_points_at_the_clean_image(prepared):
    for record in prepared[1]:
        assert record.path_gt == f"pairs.lmdb#{record.scene_id}"
        assert (record.path_raw == record.path_gt) == (record.degradation == "clean")
        assert (record.severity == 0.0) == (record.degradation == "clean")


def test_workers_change_nothing(tmp_path):
    assert run(tmp_path / "alone") == run(tmp_path / "together", workers=2)
    for name in ("meta.jsonl", "pairs.lmdb"):
        assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "together" / name).read_bytes()


def test_more_scenes_and_tasks_change_no_other_image(tmp_path):
    small = run(tmp_path / "small")
    large = run(tmp_path / "large", ("zero", "one", "two"), {"snow": Snow(), "haze": Haze(), "rain": Rain()})
    assert all(large[name] == record for name, record in small.items())


def test_progress_counts_every_scene(tmp_path):
    seen = []
    synthesise(ToyLayout(), {}, {}, 0, tmp_path, lambda done, total: seen.append((done, total)), workers=0)
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_severities_cover_their_range():
    rng = np.random.default_rng(0)
    drawn = [stratified_severity(draw, 4, rng) for draw in range(4)]
    width = 0.85 / 4
    assert all(0.15 + draw * width <= value <= 0.15 + (draw + 1) * width for draw, value in enumerate(drawn))


def test_stored_pixels_are_the_degraded_ones(tmp_path):
    records = run(tmp_path / "hazy", ("one",), {"haze": Haze(airlight=(1.0, 1.0), tint=0.0)}, draws=1)
    with PixelStore(tmp_path / "hazy") as store:
        record = records["one-haze-0"]
        assert store.degraded(record).mean() > store.clean(record).mean() + 10


INTERRUPTED = """
import signal
import sys
from pathlib import Path

from moei_toolkit.data.layouts.embedded import EmbeddedLayout
from moei_toolkit.data.preparation.synthesis import synthesise

def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born without
    print("started", flush=True)
    try:
        layout = EmbeddedLayout({"train": 3000}, size=64)
        synthesise(layout, {}, {}, 0, Path(sys.argv[1]), lambda done, total: None, workers=2)
    except KeyboardInterrupt:
        sys.exit(130)

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("seconds", [0.3, 2.0])
def test_ctrl_c_is_answered_by_the_parent_alone(tmp_path, seconds):
    script, folder = tmp_path / "script.py", tmp_path / "out"
    script.write_text(INTERRUPTED)
    folder.mkdir()
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, script, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "started\n"
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to every process of the group
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
