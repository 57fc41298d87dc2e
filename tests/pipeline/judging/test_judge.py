"""Every policy of one image gets a row, and rows of one route agree; measurements survive a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest
import torch
from config_example import minimal
from tiny_run import EXPERTS, make_decider, make_expert, make_runtime

from moei_toolkit.config.loader import validate_config
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.evaluation.rows import Row
from moei_toolkit.inference.decider import Decider
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.pipeline.judging.evaluation import Restoring
from moei_toolkit.pipeline.judging.judge import judge, wants_top2
from moei_toolkit.pipeline.judging.showing import show
from moei_toolkit.pipeline.measuring.measurement import (
    MEASUREMENTS_FILE,
    read_measurements,
    write_measurements,
)
from moei_toolkit.pipeline.measuring.measuring import Measuring
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, DENSE_EQUAL, INPUT, ORACLE, TOP2

HEIGHT, WIDTH = 40, 48
RECORD = Record(
    id="street-dust-0",
    dataset="toy",
    scene_id="street",
    split="test",
    path_raw="",
    path_gt="",
    width=WIDTH,
    height=HEIGHT,
    degradation="dust",
    severity=0.25,
    capture_id="street",
    hash="",
    source="photograph",
)


class MeanError(Metric):
    name = "mean_error"
    higher_is_better = False
    protocol: Mapping[str, object] = MappingProxyType({})

    def __call__(self, restored, clean) -> float:
        return float(np.abs(restored - clean).mean())


@pytest.fixture
def images() -> SimpleNamespace:
    clean, degraded = np.random.default_rng(0).integers(0, 256, (2, HEIGHT, WIDTH, 3), np.uint8)
    return SimpleNamespace(
        store=SimpleNamespace(clean=lambda record: clean, degraded=lambda record: degraded)
    )


def make_measuring(rivals: bool = True) -> Measuring:
    runtime = make_runtime()
    if rivals:
        equal, single = (make_expert(runtime.backbone, seed) for seed in (7, 8))
        runtime = runtime.wearing({DENSE_EQUAL: equal, "single.dust": single})
    return Measuring(runtime, {"dust": L1Loss()}, [MeanError()])


def rows_of(images, decider: Decider, top2: bool = True, rivals: bool = True) -> dict[str, Row]:
    measuring = make_measuring(rivals)
    measured = measuring.along_all(images, RECORD)
    decision = decider.decide(measured.g.numpy(), RECORD.id)
    images = SimpleNamespace(store=images.store, records=[RECORD])
    mix = partial(Restoring(measuring, images).mix, measured) if top2 else None
    return {row.policy: row for row in judge(measured, decision, mix)}


@pytest.fixture
def rows(images):
    return rows_of(images, make_decider(0.0, 1.0))


def test_one_row_per_policy(rows):
    experts = [f"expert.{name}" for name in EXPERTS]
    assert list(rows) == [INPUT, DENSE, DENSE_EQUAL, "single.dust", *experts, TOP2, ACTUAL, ORACLE]
    assert {row.id for row in rows.values()} == {"street-dust-0"}
    assert {row.severity for row in rows.values()} == {0.25}
    assert len({row.g_hash for row in rows.values()}) == 1


def test_the_metric_and_the_loss_of_one_mean_agree(rows):
    # The loss is the same mean as the metric, of values that are clipped to [0, 1] already.
    for row in rows.values():
        assert row.error == pytest.approx(row.metrics["mean_error"], rel=1e-5)
    assert len({row.error for row in rows.values() if row.policy not in (ACTUAL, ORACLE)}) == 7


def test_actual_is_the_chosen_expert_and_says_how_sure_it_was(rows):
    chosen = rows[ACTUAL]
    assert chosen.route == "second"
    assert (chosen.metrics, chosen.cost) == (rows["expert.second"].metrics, rows["expert.second"].cost)
    assert chosen.confidence == chosen.probabilities["second"] == pytest.approx(1 / (1 + np.exp(-1)))
    assert not chosen.abstained
    assert not rows["expert.second"].probabilities


def test_the_oracle_is_the_expert_of_least_error(rows):
    best = min((rows[f"expert.{name}"] for name in EXPERTS), key=lambda row: row.error)
    assert rows[ORACLE].route == best.route
    assert rows[ORACLE].metrics == best.metrics


def test_the_two_most_probable_are_mixed(rows):
    assert rows[TOP2].route == "second+first"
    assert rows[TOP2].cost["gflops"] > rows["expert.second"].cost["gflops"] > rows[DENSE].cost["gflops"] > 0


def test_doing_nothing_costs_nothing(rows, images):
    assert rows[INPUT].cost == {"gflops": 0.0}
    difference = np.abs(images.store.clean(RECORD) / 255.0 - images.store.degraded(RECORD) / 255.0).mean()
    assert rows[INPUT].metrics["mean_error"] == pytest.approx(difference, rel=1e-5)


def test_after_an_abstention_actual_is_dense(images):
    rows = rows_of(images, make_decider(0.0, 1.0, threshold=0.9), rivals=False)
    assert rows[ACTUAL].abstained
    assert rows[ACTUAL].route == DENSE
    assert rows[ACTUAL].metrics == rows[DENSE].metrics
    assert rows[TOP2].route == "second+first"


def test_nothing_is_restored_anew_without_top2(images, rows):
    alone = rows_of(images, make_decider(0.0, 1.0), top2=False)
    assert alone == {policy: row for policy, row in rows.items() if policy != TOP2}


@pytest.mark.parametrize(
    ("experts", "asked", "wanted"), [(2, True, True), (1, True, False), (2, False, False)]
)
def test_two_are_mixed_where_there_are_two(experts, asked, wanted):
    raw = minimal()
    raw["experts"] = dict.fromkeys(EXPERTS[:experts], raw["experts"]["any"])
    raw["evaluate"]["top2"] = asked
    assert wants_top2(validate_config(raw, "test")) is wanted


def test_measurements_survive_a_file(images, tmp_path):
    measuring = make_measuring()
    measured = [replace(measuring.along_all(images, RECORD), id=name) for name in ("one", "two/../\u00e9")]
    write_measurements(tmp_path, measured)
    found = read_measurements(tmp_path)
    assert [replace(image, g=None) for image in found] == [replace(image, g=None) for image in measured]
    assert all(torch.equal(one.g, other.g) for one, other in zip(found, measured, strict=True))
    lines = (tmp_path / MEASUREMENTS_FILE).read_text().splitlines()
    (tmp_path / MEASUREMENTS_FILE).write_text(lines[0] + "\n")
    with pytest.raises(DataError, match=r"descriptors of the images in measurements.jsonl, got others"):
        read_measurements(tmp_path)
    (tmp_path / MEASUREMENTS_FILE).write_text("\n".join([lines[0], lines[1].replace("gflops", "flops")]))
    with pytest.raises(DataError, match=r"measurements.jsonl:2: expected an image along its routes"):
        read_measurements(tmp_path)


def test_judging_twice_gives_the_same_rows(images, rows):
    assert rows_of(images, make_decider(0.0, 1.0)) == rows


def test_what_is_shown_is_what_was_judged(images, rows):
    measuring = make_measuring()
    g = measuring.along_all(images, RECORD).g.numpy()
    shown = show(measuring.runtime, images, RECORD, g, make_decider(0.0, 1.0).decide(g))
    assert list(shown.pictures) == [INPUT, DENSE, ACTUAL, CLEAN]
    assert shown.decision.route == rows[ACTUAL].route
    for policy in (INPUT, DENSE, ACTUAL):
        error = np.abs(shown.pictures[policy] - shown.pictures[CLEAN]).mean()
        assert error == pytest.approx(rows[policy].metrics["mean_error"], rel=1e-5)
