"""Pairs of equal budget: what is compared, when costs count as equal, and what trains the wider models."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from config_example import minimal
from measurements import measured

from moei_toolkit.bench.budgets.pairs import Pair, pair_budgets
from moei_toolkit.bench.budgets.wider import wider_config
from moei_toolkit.bench.measuring.race import Measurements
from moei_toolkit.bench.measuring.subject import Subject
from moei_toolkit.config.loader import load_config, validate_config
from moei_toolkit.errors import BenchError, ConfigError
from moei_toolkit.io.reporter import SilentReporter

BACKBONE, EXPERT = {"type": "global_unet", "width": 10}, minimal()["experts"]["any"]
CONFIG = validate_config(minimal(backbone=BACKBONE, experts={"one": EXPERT, "other": EXPERT}), "test")


def parts(rivals: bool = True, experts: int = 2) -> SimpleNamespace:
    return SimpleNamespace(
        architecture=CONFIG, policies=["dense-equal"] if rivals else [], experts=["one", "other"][:experts]
    )


def fake(noise: float = 0.0):
    """A channel takes a second and 10 bytes; MoE-I takes as much as ten of them."""

    def race(subjects: list[Subject]) -> Measurements:
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

    return race


def paired(noise: float = 0.0, **model: object) -> dict[str, Pair]:
    found = pair_budgets(parts(**model), fake(noise), SilentReporter())
    return {f"{pair.rival}: {' and '.join(pair.budget)}": pair for pair in found}


def test_every_rival_is_paired_and_judged_by_its_budget():
    found = paired()
    assert list(found) == [
        "dense: ",
        "dense-equal: latency and memory",
        "top2: ",
        "dense, width 10: latency",
        "dense, width 10: memory",
    ]
    assert [pair.equal for pair in found.values()] == [None, True, None, True, True]
    assert found["top2: "].ratio.latency == pytest.approx(1.7)


def test_without_a_trained_rival_there_is_no_pair():
    assert "dense-equal: latency and memory" not in paired(rivals=False)


def test_one_expert_alone_mixes_with_none():
    assert [pair.rival for pair in paired(rivals=False, experts=1).values()] == [
        "dense",
        "dense, width 10",
        "dense, width 10",
    ]


def test_latencies_that_are_too_noisy_are_not_called_equal():
    found = {pair.budget: pair for pair in paired(noise=0.2).values() if ", width" in pair.rival}
    assert (found["latency",].rival, found["latency",].equal) == ("dense, width unknown", None)
    assert found["latency",].width is None
    assert found["memory",].equal is True


def test_a_width_that_was_disturbed_is_measured_once_more():
    quiet, disturbed, measured_widths = fake(), fake(0.2), []

    def race(subjects: list[Subject]) -> Measurements:
        width = subjects[-1].backbone.get("width")
        is_first = width not in measured_widths
        measured_widths.append(width)
        return (disturbed if is_first else quiet)(subjects)

    by_budget = {pair.budget: pair for pair in pair_budgets(parts(rivals=False), race, SilentReporter())}
    assert (by_budget["latency",].width, by_budget["latency",].equal) == (10, True)
    assert measured_widths.count(10) == 2


def test_pairs_come_as_they_are_measured():
    rounds = []

    def race(subjects: list[Subject]) -> Measurements:
        rounds.append(len(subjects))
        return fake()(subjects)

    found = pair_budgets(parts(), race, SilentReporter())
    assert rounds == []
    assert next(found).rival == "dense"
    assert rounds == [4]


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
def test_what_cannot_be_matched_is_refused_before_anything_is_measured(wrong, error, said):
    def race(subjects: list[Subject]) -> Measurements:
        pytest.fail("was measured")

    with pytest.raises(error, match=said):
        list(pair_budgets(parts(), race, SilentReporter(), **wrong))
