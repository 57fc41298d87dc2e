"""Pairs of equal budget: what is compared, when costs count as equal, and what trains the wider models."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from config_example import minimal
from test_cost import SIZE, measured

from moei_toolkit.bench import budgets, scaling
from moei_toolkit.bench.race import Measurements, Plan
from moei_toolkit.bench.subject import Model, Subject
from moei_toolkit.bench.wider import wider_config
from moei_toolkit.commands import bench as command
from moei_toolkit.config.loader import load_config, validate_config
from moei_toolkit.errors import BenchError, ConfigError
from moei_toolkit.io.reporter import SilentReporter

PLAN = Plan(warm_ups=0, runs=3, blocks=1)
BACKBONE, EXPERT = {"type": "global_unet", "width": 10}, minimal()["experts"]["any"]
CONFIG = validate_config(minimal(backbone=BACKBONE, experts={"one": EXPERT, "other": EXPERT}), "test")


def fake(noise: float = 0.0):
    """A channel takes a second and 10 bytes; MoE-I takes as much as ten of them."""

    def measure(model: Model, subjects: list[Subject], *rest: object) -> Measurements:
        latencies, peaks = {}, {}
        for subject in subjects:
            width = subject.backbone.get("width")
            seconds = (
                {"top2": 17.0, "dense": 9.9}.get(subject.policy, 10.0) if width is None else float(width)
            )
            shaken = [seconds, seconds * (1 + noise), seconds * (1 - noise)]
            latencies[subject.name] = [shaken if subject.policy == "dense" else [seconds] * 3]
            peaks[subject.name] = [100 if width is None else 10 * width]
        return measured(latencies, peaks)

    return measure


def pairs(patch: pytest.MonkeyPatch, noise: float = 0.0, rivals: bool = True) -> dict[str, budgets.Pair]:
    patch.setattr(budgets, "measure", fake(noise))
    model = Model(CONFIG.model_dump(), {"dense_equal": "x"} if rivals else {})
    found = budgets.pair_budgets(model, SIZE, PLAN, SilentReporter())
    return {f"{pair.rival}: {' and '.join(pair.budget)}": pair for pair in found}


def test_every_rival_is_paired_and_judged_by_its_budget(monkeypatch):
    found = pairs(monkeypatch)
    assert list(found) == [
        "dense: ",
        "dense-equal: latency and memory",
        "top2: ",
        "dense, width 10: latency",
        "dense, width 10: memory",
    ]
    assert [pair.equal for pair in found.values()] == [None, True, None, True, True]
    assert found["top2: "].ratio.latency == pytest.approx(1.7)


def test_without_a_trained_rival_there_is_no_pair(monkeypatch):
    assert "dense-equal: latency and memory" not in pairs(monkeypatch, rivals=False)


def test_one_expert_alone_mixes_with_none(monkeypatch):
    monkeypatch.setattr(budgets, "measure", fake())
    model = Model(validate_config(minimal(backbone=BACKBONE), "test").model_dump(), {})
    found = budgets.pair_budgets(model, SIZE, PLAN, SilentReporter())
    assert [pair.rival for pair in found] == ["dense", "dense, width 10", "dense, width 10"]


def test_latencies_that_are_too_noisy_are_not_called_equal(monkeypatch):
    found = {pair.budget: pair for pair in pairs(monkeypatch, noise=0.2).values() if ", width" in pair.rival}
    assert (found["latency",].rival, found["latency",].equal) == ("dense, width unknown", None)
    assert found["latency",].width is None
    assert found["memory",].equal is True


def test_a_width_that_was_disturbed_is_measured_once_more(monkeypatch):
    quiet, disturbed, measured_widths = fake(), fake(0.2), []

    def measure(model: Model, subjects: list[Subject], *rest: object) -> Measurements:
        width = subjects[-1].backbone.get("width")
        is_first = width not in measured_widths
        measured_widths.append(width)
        return (disturbed if is_first else quiet)(model, subjects, *rest)

    monkeypatch.setattr(budgets, "measure", measure)
    found = budgets.pair_budgets(Model(CONFIG.model_dump(), {}), SIZE, PLAN, SilentReporter())
    by_budget = {pair.budget: pair for pair in found}
    assert (by_budget["latency",].width, by_budget["latency",].equal) == (10, True)
    assert measured_widths.count(10) == 2


def test_a_wider_config_loads_and_differs_in_width_and_place(tmp_path: Path):
    path = tmp_path / "wider.py"
    path.write_text(wider_config(CONFIG, "width", 13))
    wider = load_config(path)
    assert wider.backbone.as_dict() == {"type": "global_unet", "width": 13}
    assert wider.work_dir == f"{CONFIG.work_dir}_width_13"
    assert wider.dense == CONFIG.dense


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"option": "channels"}, ConfigError, "'global_unet' has no whole number called 'channels'"),
        ({"tolerance": -0.02}, BenchError, "expected a tolerance of 0 or more and below 1, got -0.02"),
        ({"tolerance": float("inf")}, BenchError, "expected a tolerance of 0 or more and below 1, got inf"),
    ],
)
def test_what_cannot_be_matched_is_refused_before_anything_is_measured(monkeypatch, wrong, error, said):
    monkeypatch.setattr(budgets, "measure", lambda *arguments: pytest.fail("was measured"))
    with pytest.raises(error, match=said):
        budgets.pair_budgets(Model(CONFIG.model_dump(), {}), SIZE, PLAN, SilentReporter(), **wrong)


def test_a_study_measures_together_what_is_of_one_size(monkeypatch):
    asked = []

    def measure(model: Model, subjects: list[Subject], *rest: object) -> Measurements:
        asked.append([subject.name for subject in subjects])
        return measured({subject.name: [[1.0]] for subject in subjects}, {s.name: [1] for s in subjects})

    monkeypatch.setattr(scaling, "measure", measure)
    by_name = {study.name: study for study in scaling.STUDIES}
    for name in ("batch", "size"):
        study = by_name[name]
        points = scaling.run_study(Model({}, {}), study, (1, 8), PLAN, SilentReporter())
        assert [(point.value, point.cost.subject) for point in points] == [(1, "1"), (8, "8")]
    assert asked == [["1", "8"], ["1"], ["8"]]


def test_subjects_are_named_by_what_differs(capsys, monkeypatch):
    parts = SimpleNamespace(require_policy=lambda policy: None)
    monkeypatch.setattr("moei_toolkit.inference.trained.parts_in", lambda *_: parts)
    options = ["--run", "mine", "--policies", "dense", "--runtimes", "eager", "openvino", "--dry-run"]
    assert command.main([*options, "--precisions", "float32", "bfloat16"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"  dense ({runtime}, {precision})"
        for runtime in ("eager", "openvino")
        for precision in ("float32", "bfloat16")
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--warm-ups", "-1"], "0 warm-ups or more"),
        (["--usual", "--device", "cuda"], "dense \\(usual tiler\\): .* on the processor, not on cuda"),
        (["--runtimes", "openvino", "--policies", "top2"], "top2: expected 'dense' or 'actual', got 'top2'"),
    ],
)
def test_the_command_refuses_what_cannot_be_measured(tmp_path: Path, options: list[str], said: str):
    with pytest.raises(BenchError, match=said):
        command.main(["--run", str(tmp_path), *options])
