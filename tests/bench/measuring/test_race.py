"""Every subject restores in a process of its own, in turn; what fails there is said here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_model import make_model
from tiny_run import EXPERTS, make_run

from moei_toolkit.bench.cost import compare, costs_of
from moei_toolkit.bench.measuring.building import build_subject, make_image
from moei_toolkit.bench.measuring.dearest import dearest
from moei_toolkit.bench.measuring.models import model_in, require_bundle_of
from moei_toolkit.bench.measuring.pool import start_worker
from moei_toolkit.bench.measuring.race import Plan, measure
from moei_toolkit.bench.measuring.subject import Model, Size, Subject, job_of, read_job
from moei_toolkit.bench.measuring.torch_subject import build_eager
from moei_toolkit.commands import bench
from moei_toolkit.errors import BenchError, ConfigError
from moei_toolkit.inference.loading.trained import parts_in
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.types import ACTUAL, DENSE, TOP2

SIZE = Size(64, 48)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def model(run: Path) -> Model:
    return model_in(run)


@pytest.fixture(scope="module")
def pretrained(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("trained") / "model"
    make_model(folder, run)
    return model_in(folder)


def test_a_job_survives_its_way_to_another_process(model: Model):
    subject = Subject("wide", backbone={"width": 8}, threads=1, experts=64)
    assert read_job(job_of(model, subject, SIZE)) == (model, subject, SIZE)


def test_a_race(model: Model):
    subjects = [
        Subject(DENSE),
        Subject(ACTUAL, ACTUAL, threads=1),
        Subject("many", ACTUAL, experts=20),
        Subject(TOP2, TOP2),
        Subject("usual", tiling="whole"),
        Subject("wider", backbone={"width": 8}),
    ]
    found = measure(model, subjects, SIZE, Plan(warm_ups=1, runs=2, blocks=1), SilentReporter())
    assert [run.subject for run in found.runs[:6]] == [subject.name for subject in subjects]
    assert [run.subject for run in found.runs[6:]] == [subject.name for subject in reversed(subjects)]
    assert all(run.seconds.keys() == {"describe", "decide", "restore"} for run in found.runs)
    assert set(found.precisions.values()) == {"float32"}
    assert found.routes[ACTUAL] in EXPERTS
    assert {found.routes[name] for name in (DENSE, "usual", "wider")} == {DENSE}
    decided = {run.subject for run in found.runs if run.seconds["decide"] > 0}
    assert decided == {ACTUAL, "many", TOP2}
    for cost in costs_of(found):
        assert 0.05 < cost.loaded_memory_gb <= cost.peak_memory_gb < 8
        assert cost.latency_ms.median > 0
    assert compare(found, ACTUAL, DENSE).memory == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(
    ("subject", "experts", "decides"),
    [
        (Subject("x"), {DENSE}, False),
        (Subject("x", "expert.second"), {DENSE, "second"}, False),
        (Subject("x", ACTUAL), {DENSE, "first", "second"}, True),
        (Subject("x", ACTUAL, experts=1), {DENSE, "first"}, True),
        (Subject("x", ACTUAL, experts=3), {DENSE, "first", "second", "spare-2"}, True),
        (Subject("x", TOP2), {DENSE, "first", "second", TOP2}, True),
        (Subject("x", backbone={"width": 8}), {DENSE}, False),
    ],
)
def test_only_what_a_policy_needs_lies_in_memory(
    model: Model, pretrained: Model, subject: Subject, experts: set[str], decides: bool
):
    for one in (model, *([] if subject.backbone else [pretrained])):
        runtime, decider, route = build_eager(one, subject)
        assert set(runtime.routes) == experts
        assert (decider is not None) == decides
        assert route in experts


def test_a_trained_model_is_measured_without_its_run(pretrained: Model):
    assert not pretrained.config
    subjects = [Subject(DENSE), Subject(ACTUAL, ACTUAL)]
    found = measure(pretrained, subjects, SIZE, Plan(warm_ups=0, runs=1, blocks=1), SilentReporter())
    assert found.routes == {DENSE: DENSE, ACTUAL: "first"}


@pytest.mark.parametrize(
    ("policy", "hint"),
    [("dense-equal", "Only a run has it"), ("expert.frist", "Did you mean 'expert.first'")],
)
def test_a_policy_that_no_model_has_is_refused_before_anything(model: Model, policy: str, hint: str):
    folder = str(Path(model.folders["dense"]).parents[2])
    with pytest.raises(ConfigError, match=f"expected a policy that this model has, got '{policy}'. {hint}"):
        bench.main(["--run", folder, "--policies", "dense", policy, "--dry-run"])


def test_a_bundle_is_of_the_model_that_it_was_exported_from(model: Model, tmp_path: Path, monkeypatch):
    stages: dict[str, str] = {}
    bundle = SimpleNamespace(stages=stages)
    monkeypatch.setattr("moei_toolkit.bench.measuring.models.read_bundle", lambda *_: bundle)
    folder = Path(model.folders["dense"]).parents[2]
    with pytest.raises(ConfigError, match=r"expected a bundle of .* whose stage 'dense' is another; make"):
        require_bundle_of(parts_in(folder), folder, tmp_path)
    stages.update(parts_in(folder).stages)
    require_bundle_of(parts_in(folder), folder, tmp_path)
    stages["router"] = "another"
    with pytest.raises(ConfigError, match="stage 'router' is another"):
        require_bundle_of(parts_in(folder), folder, tmp_path)


def test_the_usual_tiler_runs_networks_in_the_usual_layout(model: Model):
    def layouts(tiling: str) -> set[bool]:
        runtime, _, _ = build_eager(model, Subject("one", tiling=tiling))
        weights = [
            value for value in runtime.backbone.parameters() if value.ndim == 4 and min(value.shape) > 1
        ]
        return {weight.is_contiguous() for weight in weights}

    assert (layouts("whole"), layouts("banded")) == ({True}, {False})


def test_tiles_are_never_halved_while_time_is_taken(model: Model, monkeypatch):
    def run_out(*_: object) -> None:
        raise MemoryError

    built = build_subject(model, Subject(DENSE))
    monkeypatch.setattr("moei_toolkit.inference.runtimes.eager.EagerRuntime.restore_tiles", run_out)
    with pytest.raises(MemoryError):
        built.restore(make_image(SIZE))


def test_more_threads_than_engines_bear_are_refused():
    with pytest.raises(ConfigError, match="threads: expected 1 to"):
        Subject("many", threads=100_000)


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"batch": 0}, {"experts": 0}])
def test_counts_below_one_are_refused(wrong: dict[str, int]):
    with pytest.raises(BenchError, match=f"x: expected 1 or more {next(iter(wrong))}, got 0"):
        Subject("x", **wrong)


@pytest.mark.parametrize("wrong", [{"warm_ups": -1}, {"runs": 0}, {"blocks": 0}])
def test_a_plan_without_runs_is_refused(wrong: dict[str, int]):
    with pytest.raises(BenchError, match="expected 0 warm-ups or more"):
        Plan(**wrong)


def test_two_subjects_of_one_name_are_refused(model: Model):
    with pytest.raises(BenchError, match="different names, got a, a"):
        measure(model, [Subject("a"), Subject("a", ACTUAL)], SIZE, Plan(0, 1, 1), SilentReporter())


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (Subject("x", "expert.fisrt"), "x: .*'expert.fisrt'.*Did you mean 'expert.first'"),
        (Subject("x", "dense-equal"), "x: expected a policy that this model has, got 'dense-equal'"),
        (Subject("x", runtime="onnx"), "x: .*needs an exported bundle"),
    ],
)
def test_what_a_model_cannot_do_is_said_by_name(model: Model, subject: Subject, said: str):
    with pytest.raises(ConfigError, match=said), start_worker(model, subject, SIZE) as worker:
        worker.wait()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"policy": TOP2}, "expected 'dense' or 'actual', got 'top2'"),
        ({"experts": 2}, "expected experts None, got 2"),
        ({"device": "cuda"}, "expected device 'cpu', got 'cuda'"),
        ({"backbone": {"width": 8}}, "expected backbone {}, got {'width': 8}"),
        ({"tiling": "whole"}, "expected tiling 'banded', got 'whole'"),
    ],
)
def test_what_no_bundle_can_do_is_refused_before_one_is_made(wrong: dict[str, Any], said: str):
    with pytest.raises(BenchError, match=f"x: {said}. onnx runs exported graphs on the processor"):
        Subject("x", **{"policy": DENSE, **wrong}, runtime="onnx")


def test_the_dearest_expert_has_a_guide_or_is_the_largest():
    sizes = {"small": 1, "large": 3, "middle": 2}
    assert dearest(sizes, ()) == "large"
    assert dearest(sizes, ("middle", "small")) == "middle"


def test_the_death_of_a_worker_is_explained(model: Model):
    with start_worker(model, Subject("killed"), SIZE) as worker:
        worker.wait()
        worker._process.kill()
        with pytest.raises(BenchError, match="killed: the worker ended with -9"):
            worker.run()


def test_a_model_that_is_none_is_refused():
    nothing = Model({}, {}, None)
    said = pytest.raises(ConfigError, match="x: the config of the measured run")
    with said, start_worker(nothing, Subject("x"), SIZE) as worker:
        worker.wait()
