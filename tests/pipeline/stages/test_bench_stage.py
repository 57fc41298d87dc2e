"""The bench stage measures the dense model and MoE-I, and each expert alone where asked."""

from __future__ import annotations

import json

import pytest
from fake_pipeline import Lines, make_config

from moei_toolkit.bench.measuring.race import Measurements, Peak, Run
from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.bench.record import COST_FILE, read_latencies
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.stages import bench


def as_if_measured(model, subjects, size, plan, log) -> Measurements:
    """The first subject takes a second, the next one a second more."""
    runs = [
        Run(one.name, 0, 0, {"describe": 0.2, "decide": 0.1, "restore": 0.7 + number})
        for number, one in enumerate(subjects)
    ]
    return Measurements(size, plan, subjects, runs, [Peak(one.name, 0, 1, 2) for one in subjects], {}, {})


@pytest.mark.parametrize(("asked", "timed"), [(False, {}), (True, {"any": 3000.0})])
def test_experts_are_measured_where_asked(asked: bool, timed: dict[str, float], tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "measure", as_if_measured)
    section = {"width": 8, "height": 8, "runs": 1, "blocks": 1, "experts": asked}
    bench.run(StageContext(tmp_path, {}, make_config(tmp_path, bench=section), 0, Lines()))
    expected = {"dense": 1000.0, "actual": 2000.0} | timed
    assert read_latencies(tmp_path / COST_FILE, Size(8, 8)) == pytest.approx(expected)
    assert [one["first"] for one in json.loads((tmp_path / COST_FILE).read_text())["ratios"]] == ["actual"]
