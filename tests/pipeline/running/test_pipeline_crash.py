"""Kill -9, two processes at once, full and read-only disks: nothing half-committed, nothing lost."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_pipeline import (
    STEPS,
    Lines,
    committed,
    count,
    make_config,
    make_stages,
    make_store,
    problems_in,
    version_of,
)

from moei_toolkit.pipeline.running.run import run_pipeline

HERE = Path(__file__).parents[1]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]), "OMP_NUM_THREADS": "1"}


def start(*arguments):
    command = [sys.executable, str(HERE / "fake_worker.py"), *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT
    )


def reference(folder):
    """What a run that is never interrupted commits."""
    config = make_config(folder / "reference")
    store = make_store(config)
    run_pipeline(config, make_stages(folder / "reference.log"), store, Lines(), version_of=version_of)
    return committed(store.root)


def wait_for(condition, worker):
    while not condition():
        assert worker.poll() is None, worker.stdout.read()
        time.sleep(0.002)


@pytest.mark.parametrize(("first", "step"), [("", 7), ("train", 11)])
def test_killed_at_any_change_to_the_file_system(tmp_path, first, step):
    output = start("crash", tmp_path, first, step).communicate()[0]
    assert "WRONG" not in output
    assert int(output.rpartition("POINTS")[2]) > 100


def test_killed_at_random_moments_and_run_again(tmp_path):
    work_dir, log = tmp_path / "work", tmp_path / "log"
    moments, kills = random.Random(0), 0
    while True:
        worker = start(work_dir, log, 0.05)
        assert worker.stdout.readline()
        try:
            worker.wait(moments.uniform(0, 0.4))
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            kills += 1
        store = make_store(make_config(work_dir))
        assert problems_in(store.root) == []
        if worker.returncode == 0:
            break
        assert kills < 40
    assert kills >= 2
    assert committed(store.root) == reference(tmp_path)
    assert count(log, "step") <= STEPS + kills
    assert not list(store.root.rglob("*.partial"))


def test_two_at_once_compute_once(tmp_path):
    log, store = tmp_path / "log", tmp_path / "store"
    workers = [start(tmp_path / name, log, 0.1, store) for name in ("one", "other")]
    outputs = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    for stage in ("data", "train", "experts.a", "experts.b", "report"):
        assert count(log, f"start {stage}") == 1
    assert count(log, "step") == STEPS
    assert any("waiting for another process that computes it" in output for output in outputs)
    assert committed(store) == reference(tmp_path)


def test_whoever_waits_takes_over_when_the_other_is_killed(tmp_path):
    log, store = tmp_path / "log", tmp_path / "store"
    first = start(tmp_path / "one", log, 0.2, store)
    wait_for(lambda: count(log, "step") >= 2, first)
    second = start(tmp_path / "other", log, 0, store)
    for line in second.stdout:
        if "train: waiting for another process" in line:
            break
    first.send_signal(signal.SIGKILL)
    first.wait()
    output = second.communicate(timeout=60)[0]
    assert second.returncode == 0, output
    assert count(log, "start data") == 1
    assert count(log, "step") <= STEPS + 1
    assert committed(store) == reference(tmp_path)


DISK = """
set -e
mount -t tmpfs -o size=1m tmpfs "$1"
"$2" "$3" "$1"
"""

ON_THE_DISK = """
import subprocess, sys
from pathlib import Path
import fake_pipeline as fake
from moei_toolkit.errors import StoreError
from moei_toolkit.pipeline.running.run import run_pipeline
from moei_toolkit.pipeline.running.stage import Stage

disk = Path(sys.argv[1])

def data(context):
    (context.folder / "file").write_bytes(b"x" * 100_000)

def big(context):
    for part in range(40):
        (context.folder / f"part{part}").write_bytes(bytes([part]) * 100_000)

def run(extra=0):
    config = fake.make_config(disk / "work")
    stages = [Stage("data", (), {}, (), data), Stage("big", ("data",), {"extra": extra}, (), big)]
    store = fake.make_store(config)
    try:
        print(run_pipeline(config, stages, store, fake.Lines(), version_of=fake.version_of))
    except StoreError as error:
        print("StoreError", error)
    print("problems", fake.problems_in(store.root))

def remount(options):
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)

run()
remount("size=16m")
run()
remount("ro")
run()
run(extra=1)
"""


def test_a_full_and_then_a_read_only_disk(tmp_path):
    disk, script = tmp_path / "disk", tmp_path / "script.py"
    disk.mkdir()
    script.write_text(ON_THE_DISK)
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if subprocess.run(probe, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    command = ["unshare", "--mount", "sh", "-c", DISK, "sh", disk, sys.executable, script]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    full, problems, completed, problems_again, again, _, refused, _ = done.stdout.splitlines()
    assert full.startswith("StoreError stage 'big' failed")
    assert "No space left on device" in full
    assert problems == problems_again == "problems []"
    assert completed == "computed big; reused 1 of 2"
    assert again == "nothing to do: all 2 stages are up to date"
    assert refused.startswith("StoreError cannot write")
    assert "Read-only file system" in refused
