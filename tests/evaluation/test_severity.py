"""Images are averaged with those of their weather and severity."""

from __future__ import annotations

import pytest
from row_examples import row

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.severity import by_severity


def rows(severities: dict[str, float], weather: str = "rain"):
    return [
        row(f"{weather}-{name}", weather, policy, "wet", 20 + 10 * severity + gain, severity=severity)
        for name, severity in severities.items()
        for policy, gain in (("dense", 0.0), ("actual", 1.0), ("oracle", 2.0))
    ]


def test_strata_by_weather_and_from_light_to_heavy():
    found = by_severity(
        [*rows({"a": 1.0, "b": 0.2, "c": 0.3}), *rows({"d": 0.5}, "haze"), *rows({"e": 0.5}, "clean")],
        ["dense", "actual"],
        "psnr",
    )
    assert [(part.weather, part.name, part.images) for part in found] == [
        ("haze", "medium", 1),
        ("rain", "light", 2),
        ("rain", "heavy", 1),
    ]
    assert found[1].quality == {"dense": pytest.approx(22.5), "actual": pytest.approx(23.5)}


@pytest.mark.parametrize(
    ("severity", "name"),
    [(0.0, "light"), (1 / 3, "light"), (0.34, "medium"), (2 / 3, "medium"), (0.67, "heavy"), (1.0, "heavy")],
)
def test_an_upper_end_belongs_to_its_stratum(severity, name):
    assert [part.name for part in by_severity(rows({"a": severity}), ["dense"], "psnr")] == [name]


@pytest.mark.parametrize("severity", [-0.1, 1.1, float("nan")])
def test_a_severity_out_of_range_is_refused(severity):
    with pytest.raises(DataError, match=r"rain-a.*severity in \[0, 1\]"):
        by_severity(rows({"a": severity}), ["dense"], "psnr")
