"""Searches on Ray: nothing is computed twice, nothing is lost, whatever is killed, full or read-only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import fake_search as fake
import pytest
from fake_pipeline import Lines, problems_in
from fake_search import FOUR, HELPERS
from filelock import FileLock

from moei_toolkit.config.search_space import Choices, Interval, SearchSpace
from moei_toolkit.errors import StoreError
from moei_toolkit.tuning.main import Setting, plan_search, run_search
from moei_toolkit.tuning.running.resources import resources_of_each


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def run(folder: Path, space: SearchSpace, workflow, concurrent: int = 1, **options):
    """Run a search on the Ray of the session; return what became of it and what was said."""
    search, lines = fake.make_search(folder, space, **options), Lines()
    plan = plan_search(search, workflow)
    outcome = run_search(search, plan, Setting(folder / "search", concurrent), lines, workflow)
    return outcome, lines.lines


def test_ray_listens_on_the_loopback_interface_only(cluster):
    import ray

    assert cluster.startswith("127.0.0.1:")
    assert [node["NodeManagerAddress"] for node in ray.nodes()] == ["127.0.0.1"]
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert resources_of_each(1)["cpu"] == float(os.cpu_count() or 1)
    assert resources_of_each(1000)["cpu"] == 1.0


def test_workers_have_the_home_of_the_user(cluster):
    import ray

    home = ray.remote(lambda: os.environ["HOME"])
    assert ray.get(home.remote()) == os.environ["HOME"]
    assert not (Path(os.environ["HOME"]) / "ray_bootstrap_config.yaml").exists()


def names(trials) -> list[str]:
    return [trial.name for trial in trials]


def test_two_batches_at_a_time_compute_every_stage_once_but_that_of_a_killed_worker(tmp_path, log, cluster):
    workflow = fake.make_workflow(log, pause=0.05, once="train 256")
    outcome, lines = run(tmp_path, fake.one_by_one(*FOUR), workflow, concurrent=2)
    assert names(outcome.done) == ["as it is", "b1", "wide", "wide b1", "high"]
    assert outcome.failed == {}
    assert fake.count(log, "train 256") == 2
    others = [line for line in fake.ran(log) if line != "train 256"]
    assert sorted(others) == sorted(set(others))
    assert outcome.economics.computed == {"data": 1, "train": 3, "expert.a": 3, "router": 5, "judge": 5}
    assert outcome.economics.shared == 25 - 17
    assert sum(line.startswith("[") for line in lines) == 5
    assert any("macro_psnr 20.512" in line for line in lines)
    again, lines = run(tmp_path, fake.one_by_one(*FOUR), workflow)
    assert (names(again.done), again.economics.computed) == (names(outcome.done), {})
    assert len(fake.ran(log)) == 18
    assert lines == []


def test_what_fails_is_told_and_the_others_go_on(tmp_path, log, cluster):
    space = fake.one_by_one(("bad", {"router.beta": 13.0}), *FOUR)
    outcome, lines = run(tmp_path, space, fake.make_workflow(log, always="train 256"))
    assert names(outcome.done) == ["as it is", "b1", "high"]
    assert outcome.failed.keys() == {"bad", "wide", "wide b1"}
    assert "loss is nan" in outcome.failed["bad"]
    assert outcome.failed["wide"].startswith("its worker was lost, and lost again: ActorDiedError: ")
    assert fake.count(log, "router 512 13") == 1, "what is no accident is not tried again"
    assert fake.count(log, "train 256") == 2
    assert any(line.startswith("[2/6] bad: failed: stage 'router' failed") for line in lines)
    assert any("a worker was lost" in line for line in lines)


def test_what_was_finished_before_counts(tmp_path, log, cluster):
    workflow = fake.make_workflow(log)
    run(tmp_path, fake.one_by_one(*FOUR[:1]), workflow)
    _, lines = run(tmp_path, fake.one_by_one(*FOUR[:2]), workflow)
    assert [line.partition(":")[0] for line in lines if line.startswith("[")] == ["[3/3] wide"]


DRIVER = """
import sys
from pathlib import Path
import fake_search as fake
from fake_worker import Printer
from fake_search import FOUR
from moei_toolkit.tuning.main import Setting, plan_search, run_search

folder, address = Path(sys.argv[1]), sys.argv[2]
workflow = fake.make_workflow(folder / "log", pause=0.2)
search = fake.make_search(folder, fake.one_by_one(*FOUR))
run_search(search, plan_search(search, workflow), Setting(folder / "search", 1, address), Printer(), workflow)
"""


def test_a_killed_driver_loses_nothing(tmp_path, log, cluster):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*HELPERS, *sys.path])}
    command = [sys.executable, "-c", DRIVER, str(tmp_path), cluster]
    driver = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while fake.count(log, "train 256") == 0:
        assert driver.poll() is None, driver.stdout.read()
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = {path.parent for path in (tmp_path / "store").glob("*/*/manifest.json")}
    assert len(before) >= 7
    outcome, _ = run(tmp_path, fake.one_by_one(*FOUR), fake.make_workflow(log))
    assert outcome.failed == {}
    assert len(outcome.done) == 5
    assert problems_in(tmp_path / "store") == []
    for stage in ("data", "train 512", "expert.a 512", "judge 512 1"):
        assert fake.count(log, stage) == 1
    assert fake.count(log, "train 256") <= 2


def test_optuna_goes_where_it_is_better(tmp_path, log, cluster):
    pytest.importorskip("optuna")
    space = SearchSpace(
        name="mine",
        factors={
            "beta": Interval(paths=["router.beta"], low=0.1, high=9.0),
            "tile": Choices(paths=["inference.tile"], values=[128, 256]),
            "bins": Interval(paths=["evaluate.bins"], low=5, high=50, log=True, whole=True),
        },
    )
    outcome, _ = run(tmp_path, space, fake.make_workflow(log), searcher="optuna", samples=6, seed=1)
    assert len(outcome.done) == 7
    assert names(outcome.done)[0] == "as it is"
    betas = [trial.config.router.beta for trial in outcome.done[1:]]
    assert len(set(betas)) == 6
    assert all(0.1 <= beta <= 9 for beta in betas)
    assert all(5 <= trial.config.evaluate.bins <= 50 for trial in outcome.done[1:])
    assert outcome.economics.computed["train"] <= 3


def test_optuna_goes_on_after_what_fails(tmp_path, log, cluster):
    pytest.importorskip("optuna")
    betas = [13.0, 14.0, -1.0]  # one fails as it runs, one is no valid config
    space = SearchSpace(name="mine", factors={"beta": Choices(paths=["router.beta"], values=betas)})
    outcome, _ = run(tmp_path, space, fake.make_workflow(log), searcher="optuna", samples=8, seed=1)
    assert names(outcome.done) == ["as it is", "beta 14"]
    assert outcome.failed.keys() == {"beta 13", "beta -1"}
    assert "loss is nan" in outcome.failed["beta 13"]
    assert "router.beta: expected" in outcome.failed["beta -1"]


def test_asha_gives_up_what_lags_behind(tmp_path, log, cluster):
    tiles = [1024, 512, 256, 128, 64, 32, 16, 8]
    space = fake.one_by_one(
        ("bad", {"router.beta": 13.0}),
        *((f"t{tile}", {"inference.tile": tile, "inference.overlap": 0}) for tile in tiles),
    )
    outcome, _ = run(tmp_path, space, fake.make_workflow(log), scheduler="asha")
    assert outcome.failed.keys() == {"bad"}
    assert names(outcome.done)[0] == "as it is"
    assert "t1024" in names(outcome.done)
    assert "t8" in outcome.stopped
    assert set(names(outcome.done)) | set(outcome.stopped) == {"as it is", *(f"t{tile}" for tile in tiles)}
    assert fake.count(log, "train 8") == 1
    assert fake.count(log, "judge 8 20") == 0


DISK = """
set -e
mount -t tmpfs -o size=300k tmpfs "$1"
"$2" "$3" "$1" "$4"
"""

ON_THE_DISK = """
import subprocess, sys
from pathlib import Path
import fake_search as fake
from fake_pipeline import Lines, problems_in
from moei_toolkit.tuning.main import plan_search
from moei_toolkit.tuning.running.work import run_trials

disk, log = Path(sys.argv[1]), Path(sys.argv[2])

def run(space, big=0):
    search, workflow = fake.make_search(disk, space), fake.make_workflow(log, big=big)
    plan = plan_search(search, workflow)
    for event in run_trials(plan.trials, plan.store, workflow, Lines()):
        if not event.stage:
            print(event.trial, "|", event.failure or "ok")
    print("problems", problems_in(plan.store.root))

wide = fake.one_by_one(("wide", {"inference.tile": 256}))
run(wide, big=150_000)
subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
run(wide, big=150_000)
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
run(fake.one_by_one(("wide", {"inference.tile": 256}), ("b1", {"router.beta": 1.0})), big=150_000)
"""


def test_one_search_at_a_time_in_a_folder(tmp_path, log):
    search = fake.make_search(tmp_path, fake.one_by_one(("b1", {"router.beta": 1.0})))
    workflow = fake.make_workflow(log)
    setting = Setting(tmp_path / "search")
    setting.work_dir.mkdir()
    with FileLock(setting.work_dir / ".lock"), pytest.raises(StoreError, match="search: another search runs"):
        run_search(search, plan_search(search, workflow), setting, Lines(), workflow)
    assert [path.name for path in setting.work_dir.iterdir()] == [".lock"]


def test_a_full_and_then_a_read_only_store(tmp_path):
    disk, script, log = tmp_path / "disk", tmp_path / "script.py", tmp_path / "log"
    disk.mkdir()
    script.write_text(ON_THE_DISK)
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(disk)]
    if subprocess.run(probe, check=False, capture_output=True).returncode != 0:
        pytest.skip("no right to mount a file system")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*HELPERS, *sys.path])}
    command = ["unshare", "--mount", "sh", "-c", DISK, "sh", str(disk), sys.executable, str(script), str(log)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "as it is | ok"
    assert lines[1].startswith("wide | stage 'train' failed")
    assert "No space left on device" in lines[1]
    assert "run the same command again" in lines[1]
    assert lines[2:6] == ["problems []", "as it is | ok", "wide | ok", "problems []"]
    assert [lines[6], lines[8]] == ["as it is | ok", "wide | ok"], "what is there can be read"
    assert lines[7].startswith("b1 | ")
    assert "Read-only file system" in lines[7]
    assert lines[9] == "problems []"
    assert fake.count(log, "train 512") == 1
