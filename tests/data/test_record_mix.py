from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from moei_toolkit.data.record_mix import LEAST, RecordMix
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError

TASKS = ("rain", "haze", "clean")


def record(degradation: str, severity: float) -> Record:
    name = f"{degradation}-{severity}"
    return Record(
        name, "toy", "s", "train", "f#a", "f#b", 8, 8, degradation, severity, "s", "0" * 64, "generated"
    )


RECORDS = [
    *(record("rain", severity) for severity in (0.0, 0.2, 0.4, 0.8)),
    *(record("haze", severity) for severity in (0.5, 1.0)),
    record("clean", 0.0),
    record("clean", -0.0),
]


def shares(mix: RecordMix, draws: int = 6000) -> dict[str, float]:
    rng = np.random.default_rng(3)
    counts = Counter(mix.draw(rng).id for _ in range(draws))
    return {name: count / draws for name, count in counts.items()}


@pytest.mark.parametrize("bias", [0.0, 0.5, 1.0, 2.0])
def test_images_are_drawn_in_proportion_to_a_power_of_their_severity(bias):
    found = shares(RecordMix(RECORDS, {"rain": 1.0}, TASKS, bias))
    weights = {severity: max(severity / 0.8, LEAST) ** bias for severity in (0.0, 0.2, 0.4, 0.8)}
    for severity, weight in weights.items():
        assert found.get(f"rain-{severity}", 0) == pytest.approx(weight / sum(weights.values()), abs=0.03)


def test_the_bias_works_within_a_degradation_only():
    found = shares(RecordMix(RECORDS, {"rain": 1.0, "haze": 3.0}, TASKS, 4.0))
    assert sum(share for name, share in found.items() if name.startswith("haze")) == pytest.approx(
        0.75, abs=0.03
    )


def test_images_without_severities_are_drawn_evenly():
    found = shares(RecordMix(RECORDS, {"clean": 1.0}, TASKS, 2.0))
    assert found == pytest.approx({"clean-0.0": 0.5, "clean--0.0": 0.5}, abs=0.03)


def test_a_huge_bias_draws_the_most_severe_and_does_not_fail():
    assert shares(RecordMix(RECORDS, {"rain": 1.0}, TASKS, 5000.0), 50) == {"rain-0.8": 1.0}


@pytest.mark.parametrize("bias", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("name", ["rain", "clean"])
def test_images_are_drawn_in_proportion_to_a_power_of_their_side(bias, name):
    sizes = {"small": (8, 8), "wide": (32, 8), "large": (32, 32)}
    records = [
        replace(record(name, 0.0), id=size, width=width, height=height)
        for size, (width, height) in sizes.items()
    ]
    found = shares(RecordMix(records, {name: 1.0}, TASKS, severity_bias=3.0, size_bias=bias))
    weights = {size: (width * height) ** (bias / 2) for size, (width, height) in sizes.items()}
    total = sum(weights.values())
    assert found == pytest.approx({size: weight / total for size, weight in weights.items()}, abs=0.03)


def test_both_biases_together_are_their_product():
    small, large = (replace(r, id=str(n), width=8 * n, height=8 * n) for n, r in enumerate(RECORDS[2:4], 1))
    found = shares(RecordMix([small, large], {"rain": 1.0}, TASKS, severity_bias=1.0, size_bias=1.0))
    assert found["2"] == pytest.approx(4 / 5, abs=0.03)  # twice as severe, twice as wide


def test_no_bias_draws_as_before_there_was_one():
    mix = RecordMix(RECORDS, {"haze": 2.0, "rain": 1.0}, TASKS)
    rng, same = np.random.default_rng(9), np.random.default_rng(9)
    groups = {name: [record for record in RECORDS if record.degradation == name] for name in TASKS}
    for _ in range(50):
        group = groups[("rain", "haze")[int(same.choice(2, p=[1 / 3, 2 / 3]))]]
        assert mix.draw(rng) == group[int(same.integers(len(group)))]


def test_the_order_of_a_mix_changes_nothing():
    one, two = (RecordMix(RECORDS, mix, TASKS) for mix in ({"haze": 2, "rain": 1}, {"rain": 1, "haze": 2}))
    assert shares(one, 300) == shares(two, 300)


def test_wrong_mixes_are_refused():
    for mix, told in (
        ({"snow": 1.0}, "among the tasks"),
        ({"rian": 1.0}, "Did you mean 'rain'"),
        ({"haze": 0.0}, "above 0"),
        ({"haze": 1.0, "rain": -1.0}, ">= 0"),
    ):
        with pytest.raises(DataError, match=told):
            RecordMix(RECORDS, mix, TASKS)
    with pytest.raises(DataError, match="no records of 'haze'"):
        RecordMix(RECORDS[:4], {"haze": 1.0}, TASKS)
