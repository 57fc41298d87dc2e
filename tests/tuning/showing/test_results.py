"""What comes out of a search: differences, their intervals, what they change, and files that say so."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fake_pipeline import Lines
from made_runs import WORKFLOW, make_config

from moei_toolkit.config.loader import load_config
from moei_toolkit.config.search_space import Choices, Interval, SearchSpace, Variant
from moei_toolkit.errors import MoeiError
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.main import plan_search, report_search
from moei_toolkit.tuning.planning.search import Search
from moei_toolkit.tuning.running.outcome import Outcome, settle
from moei_toolkit.tuning.running.work import run_trials
from moei_toolkit.tuning.showing.best import best_config
from moei_toolkit.tuning.showing.page import render_search
from moei_toolkit.tuning.showing.results import Results, as_json, derive_results
from moei_toolkit.tuning.showing.tables import variants_table

LIST = SearchSpace(
    name="mine",
    about="Some changes.",
    variants=[
        Variant(name="beta 25", factor="beta", overrides={"router.beta": 25.0}),
        Variant(name="beta 10", factor="beta", overrides={"router.beta": 10.0}),
        Variant(name="rival", factor="rival", policy="dense-equal"),
        Variant(name="other data", factor="data", overrides={"seed": 1}),
        Variant(name="two", factor="experts", overrides={"evaluate.top2": True}, policy="top2"),
    ],
)
PRODUCT = SearchSpace(
    name="product",
    factors={
        "beta": Choices(paths=["router.beta"], values=[20.0, 25.0, 30.0]),
        "alpha": Choices(paths=["router.alpha"], values=[0.0, 0.1]),
    },
)


@dataclass(frozen=True)
class Searched:
    """A search over made-up stages, run in this process."""

    search: Search
    outcome: Outcome
    store: StageStore

    def results(self, **changes) -> Results:
        return derive_results(self.search.model_copy(update=changes), self.outcome, self.store)


def run(folder: Path, space: SearchSpace, **options) -> Searched:
    search = Search(config=make_config(folder), space=space, **options)
    plan = plan_search(search, WORKFLOW)
    events = run_trials(plan.trials, plan.store, WORKFLOW, Lines())
    failures = {event.trial: event.failure for event in events if event.failure}
    return Searched(search, settle(plan.trials, failures, frozenset(), plan.store), plan.store)


@pytest.fixture(scope="module")
def listed(tmp_path_factory) -> Searched:
    return run(tmp_path_factory.mktemp("list"), LIST)


@pytest.fixture(scope="module")
def results(listed) -> Results:
    return listed.results()


@pytest.fixture(scope="module")
def out(listed, tmp_path_factory) -> Path:
    """The folder that all of it was written to, twice."""
    folder = tmp_path_factory.mktemp("written")
    first = report_search(listed.search, listed.outcome, folder, listed.store)
    assert report_search(listed.search, listed.outcome, folder, listed.store) == first
    return folder


def by_name(results: Results):
    return {finding.judged.name: finding for finding in results.findings}


def test_differences_are_paired_and_have_intervals(results):
    findings = by_name(results)
    better, worse = findings["beta 25"].comparison, findings["beta 10"].comparison
    assert better.difference == pytest.approx(0.5) == findings["beta 25"].difference
    assert better.significance.bca.low == pytest.approx(0.46, abs=0.03), "the wiggle is 10 % of the gain"
    assert better.scenes == 8
    assert (better.finding, worse.finding) == ("better", "worse")
    assert worse.difference == pytest.approx(-1.0)
    assert findings["as it is"].comparison is findings["as it is"].difference is None


def test_a_policy_of_its_own_is_compared_with_what_was_chosen(results):
    rival = by_name(results)["rival"]
    assert rival.judged.scores["macro_psnr"] == 20.5
    assert rival.difference == pytest.approx(-0.5)
    assert "agreement" not in rival.judged.scores, "a rival decides nothing"
    assert rival.judged.added == 0.02
    assert by_name(results)["as it is"].judged.added == 0.04


def test_other_test_images_are_compared_without_pairs(results):
    other = by_name(results)["other data"]
    assert other.difference == pytest.approx(0)
    assert other.comparison is None
    row = next(row for row in variants_table(results).rows if row[0] == "other data")
    assert "open: tested on other images" in row


def test_what_cannot_be_judged_is_told(results):
    assert results.failed.keys() == {"two"}
    assert "no image was judged under the policy 'top2'" in results.failed["two"]


def test_a_changed_verdict_is_told(results):
    findings = by_name(results)
    assert findings["beta 10"].changed == {"O6": ("not measured", "fail")}
    assert findings["beta 25"].changed == {}
    row = next(row for row in variants_table(results).rows if row[0] == "beta 10")
    assert row[-1] == "O6 not measured to fail"


def test_the_best_is_one_that_can_be_run(results):
    assert results.best.judged.name == "beta 25"


def test_what_is_misrouted_or_tested_elsewhere_is_not_the_best(tmp_path):
    changes = {"lost": {"evaluate.misrouted": 0.2}, "elsewhere": {"seed": 1}}
    space = SearchSpace(
        name="mine",
        variants=[
            Variant(name=name, factor=name, overrides={"router.beta": 25.0, **change})
            for name, change in changes.items()
        ],
    )
    results = run(tmp_path, space).results()
    assert results.best.judged.name == "as it is"
    assert [one.judged.name for one in results.candidates] == ["as it is"]


def test_a_measure_that_is_not_there_is_told(listed):
    outcome = listed.outcome
    with pytest.raises(MoeiError, match=r"no metric for macro_lpips\. Choose another --metric: macro_psnr, "):
        derive_results(listed.search.model_copy(update={"metric": "macro_lpips"}), outcome, listed.store)


def test_less_is_better_in_some_metrics(listed):
    assert listed.results(metric="oracle_gap").best.judged.name == "beta 25"


def test_values_of_factors_are_compared_over_all_that_have_them(tmp_path):
    results = run(tmp_path, PRODUCT).results()
    assert len(results.findings) == 6
    assert results.coordinates(results.findings[0]) == {"beta": 20.0, "alpha": 0.0}
    assert list(results.levels) == ["beta", "alpha"]
    levels = {level: one.difference for values in results.levels.values() for level, one in values.items()}
    expected = {"beta 20": -0.5, "beta 25": 0, "beta 30": 0.5, "alpha 0": 0, "alpha 0.1": 0}
    assert levels == pytest.approx(expected)
    assert results.levels["beta"]["beta 30"].finding == "better"


def test_intervals_have_no_levels(tmp_path):
    space = SearchSpace(name="mine", factors={"beta": Interval(paths=["router.beta"], low=20.0, high=30.0)})
    results = run(tmp_path, space, searcher="random", samples=3).results()
    assert results.levels == {}
    assert results.best is max(results.findings, key=lambda one: one.judged.trial.config.router.beta)


def test_factors_of_any_kind_are_shown(tmp_path):
    routers = [{"type": "any"}, {"type": "another", "width": 8}]
    space = SearchSpace(
        name="mine",
        factors={
            "tau": Interval(paths=["calibrate.threshold"], low=0.1, high=0.9),
            "router": Choices(paths=["router.router"], values=routers),
        },
    )
    results = run(tmp_path, space, searcher="random", samples=3).results()
    assert results.coordinates(results.findings[0])["tau"] is None, "which the config leaves open"
    page = render_search(results)
    assert "another" in page
    assert page.count("<svg") == 2


def test_everything_is_written_and_says_the_same(out):
    names = ["best.py", "mine.csv", "mine.html", "mine.json", "mine.md", "tensorboard"]
    assert sorted(path.name for path in out.iterdir()) == names
    told = json.loads((out / "mine.json").read_text())
    assert told["best"] == "beta 25"
    variants = ["as it is", "beta 25", "beta 10", "rival", "other data"]
    assert [one["name"] for one in told["variants"]] == variants
    assert told["economics"]["asked"] == sum(len(one["stages"]) for one in told["variants"]) + 10
    rows = list(csv.DictReader((out / "mine.csv").open()))
    scores = [one["scores"]["macro_psnr"] for one in told["variants"]]
    assert [float(row["macro_psnr"]) for row in rows] == scores
    assert rows[0]["difference"] == ""
    # All scenes of the rival differ by the same, which leaves its finding open.
    assert [row["finding"] for row in rows] == ["", "better", "worse", "open", ""]
    page, text = (out / "mine.html").read_text(), (out / "mine.md").read_text()
    for words in ("beta 25", "+0.500", "no image was judged under the policy", "shared by several variants"):
        assert words in page
        assert words in text
    assert page.count("<svg") == 2


def test_tensorboard_has_a_run_for_every_variant_and_none_of_before(out):
    event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    runs = sorted((out / "tensorboard").iterdir())
    assert [run.name for run in runs][:2] == ["000-as-it-is", "001-beta-25"]
    assert len(runs) == 5
    (value,) = event_accumulator.EventAccumulator(str(runs[1])).Reload().Scalars("search/macro_psnr")
    assert value.value == pytest.approx(21.5)


def test_the_best_config_is_the_config_with_its_change_and_nothing_else(listed, out):
    best = load_config(out / "best.py")
    expected = listed.search.config.model_dump()
    expected["router"]["beta"] = 25.0
    expected["work_dir"] = str(out / "best")
    assert best.model_dump() == expected
    assert best.evaluate.pictures


def test_the_best_config_leads_to_one_place_wherever_it_is_run(listed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    config = listed.search.config.model_copy(update={"store": "store"})
    search = listed.search.model_copy(update={"config": config})
    text = best_config(replace(listed.results(), search=search), Path("out"))
    assert f"store = '{tmp_path / 'store'}'" in text
    assert f"work_dir = '{tmp_path / 'out' / 'best'}'" in text


def test_without_the_config_as_it_is_there_is_nothing_to_compare_with(listed):
    done = listed.outcome
    broken = Outcome(done.done[1:], {"as it is": "it rained"}, (), done.economics)
    with pytest.raises(MoeiError, match="the config as it is failed: it rained"):
        derive_results(listed.search, broken, listed.store)


def test_all_of_it_is_plain_data(results):
    assert json.loads(json.dumps(as_json(results)))["reference"] == "as it is"


def test_what_was_given_up_is_no_failure(listed, tmp_path):
    stopped = replace(listed.outcome, stopped=("slow one",))
    written = report_search(listed.search, stopped, tmp_path, listed.store)
    assert written.failed.keys() == {"two"}
    assert json.loads((tmp_path / "mine.json").read_text())["stopped"] == ["slow one"]
    assert "given up early: others were better" in (tmp_path / "mine.html").read_text()
