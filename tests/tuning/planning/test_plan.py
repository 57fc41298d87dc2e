"""What a search would do is known before it starts: every stage once, for whoever comes first."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import fake_search as fake
import pytest
from fake_pipeline import Lines

from moei_toolkit.config.loader import load_config
from moei_toolkit.config.search_space import Choices, SearchSpace, Variant
from moei_toolkit.errors import ConfigError, StoreError
from moei_toolkit.io.manifest import MANIFEST
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.tuning.main import plan_search
from moei_toolkit.tuning.planning.batches import make_batches
from moei_toolkit.tuning.planning.search import Search, make_search, read_search, write_search
from moei_toolkit.tuning.planning.trial import make_trials
from moei_toolkit.tuning.running.job import Job
from moei_toolkit.tuning.running.outcome import settle, there_now
from moei_toolkit.tuning.running.work import run_trials
from moei_toolkit.tuning.spaces import ablations, grid

SMOKE = load_config(Path(__file__).parents[3] / "configs" / "smoke.py")
NO_SSIM = load_config(
    Path(__file__).parents[3] / "configs" / "smoke.py", {"evaluate.metrics": [{"type": "psnr"}]}
)
BETAS = fake.one_by_one(("b1", {"router.beta": 1.0}), ("b2", {"router.beta": 2.0}))


def smoke_search(tmp_path: Path, space: SearchSpace) -> Search:
    return Search(config=SMOKE.model_copy(update={"store": str(tmp_path / "store")}), space=space)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def run_here(search: Search, workflow, lines=None):
    """Run a search in this process, without Ray, and return its events."""
    plan = plan_search(search, workflow)
    return list(run_trials(plan.trials, plan.store, workflow, lines or Lines()))


def test_the_grid_trains_what_depends_on_r_and_nothing_else(tmp_path):
    plan = plan_search(smoke_search(tmp_path, grid.SPACE))
    names = Counter(stage.name for stage in plan.to_run)
    assert len(plan.trials) == names["evaluate"] == 90
    assert names["router"] == 18
    assert names["calibrate"] == 90
    for stage in ("experts.rain", "experts.haze", "experts.snow", "dense_equal", "utilities", "measure"):
        assert names[stage] == 2
    for stage in ("data", "dense", "singles.rain", "singles.haze", "singles.snow"):
        assert names[stage] == 1
    assert [len(batch) for batch in plan.batches] == [45, 45]
    text = "\n".join(plan.lines())
    assert "variants  90 in 2 batches" in text
    assert "experts.rain 2" in text
    assert "router 18" in text


def test_a_config_that_is_in_the_grid_is_its_reference(tmp_path):
    plan = plan_search(smoke_search(tmp_path, grid.SPACE))
    assert plan.trials[0].name == "as it is"
    assert "r 0.0625, beta 20, alpha 0.05, tau None" not in {trial.name for trial in plan.trials}


def test_the_ablations_share_what_they_do_not_change(tmp_path):
    plan = plan_search(smoke_search(tmp_path, ablations.SPACE))
    run = {
        name: [use.stage.name for use in uses if use.outlook == "run"] for name, uses in plan.outlook.items()
    }
    assert run["as it is"] == [stage.name for stage in make_chain(SMOKE) if stage.name != "report"]
    assert run["beta 50"] == run["alpha 0"] == ["router", "calibrate", "evaluate"]
    assert run["no calibration"] == run["no abstention"] == run["tau 0.7"] == ["calibrate", "evaluate"]
    assert run["misrouted 5%"] == run["Top-2"] == ["evaluate"]
    assert run["token-MoE"] == run["complexity experts"] == ["dense_equal", "measure", "evaluate"]
    assert run["local descriptor"] == ["utilities", "router", "calibrate", "measure", "evaluate"]
    assert "dense" not in run["r 1/32"]
    assert "beta 20" not in run, "it is what the config has already"
    assert len(plan.batches[0]) == 16


def test_a_trial_runs_no_network_that_it_has_no_use_for(tmp_path):
    trials = {
        trial.name: trial.config for trial in plan_search(smoke_search(tmp_path, ablations.SPACE)).trials
    }
    assert not trials["as it is"].evaluate.top2
    assert trials["Top-2"].evaluate.top2
    assert not any(config.evaluate.pictures or config.bench for config in trials.values())


def test_who_computes_what_is_told_by_batch(tmp_path, log):
    space = fake.one_by_one(
        ("b1", {"router.beta": 1.0}),
        ("wide", {"inference.tile": 256}),
        ("both", {"inference.tile": 256, "seed": 0}),
    )
    plan = plan_search(fake.make_search(tmp_path, space), fake.make_workflow(log))
    outlook = {name: [use.outlook for use in uses] for name, uses in plan.outlook.items()}
    assert outlook == {
        "as it is": ["run"] * 5,
        "b1": ["share"] * 3 + ["run"] * 2,
        "wide": ["wait"] + ["run"] * 4,
        "both": ["wait"] + ["share"] * 4,
    }
    assert [[trial.name for trial in batch] for batch in plan.batches] == [
        ["as it is", "b1"],
        ["wide", "both"],
    ]
    waiting = [line for line in plan.lines(2) if line.startswith("  wide")]
    assert waiting == ["  wide      run train, expert.a, router, judge; wait for 1"]
    assert next(line for line in plan.lines(1) if line.startswith("  wide")).endswith("share 1")
    alone = make_batches(plan.trials, fake.make_workflow(log), alone=True)
    assert [len(batch) for batch in alone] == [1, 1, 1, 1]


def test_what_is_there_is_reused_and_gives_the_time_of_the_rest(tmp_path, log):
    workflow = fake.make_workflow(log, pause=0.02)
    search = fake.make_search(tmp_path, BETAS)
    text = "\n".join(plan_search(search, workflow).lines())
    assert "not known yet of data, expert.a, judge, router, train" in text
    assert "about" not in text
    run_here(search, workflow)
    later = fake.make_search(
        tmp_path, fake.one_by_one(("b1", {"router.beta": 1.0}), ("b3", {"router.beta": 3.0}))
    )
    plan = plan_search(later, workflow)
    assert [use.outlook for use in plan.outlook["b1"]] == ["reuse"] * 5
    assert [use.outlook for use in plan.outlook["b3"]] == ["reuse"] * 3 + ["run"] * 2
    assert "15 asked for: 2 to run, 7 there already, 6 shared" in "\n".join(plan.lines())
    for manifest in plan.store.root.glob(f"*/*/{MANIFEST}"):
        known = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**known, "seconds": 100.0 if known["stage"] == "router" else 0.5}))
    assert plan_search(later, workflow).lines()[-1] == "time      about 1 min 40 s"


def test_every_stage_is_computed_once_and_counted(tmp_path, log):
    workflow, search = fake.make_workflow(log), fake.make_search(tmp_path, BETAS)
    plan = plan_search(search, workflow)
    before = there_now(plan.store)
    events = run_here(search, workflow)
    assert fake.ran(log) == [
        *("data", "train 512", "expert.a 512"),
        *("router 512 20", "judge 512 20", "router 512 1", "judge 512 1", "router 512 2", "judge 512 2"),
    ]
    ends = [event for event in events if not event.stage]
    assert [event.computed for event in ends] == [
        ("data", "train", "expert.a", "router", "judge"),
        ("router", "judge"),
        ("router", "judge"),
    ]
    assert [event.scores["macro_psnr"] for event in ends] == [20.512, 1.512, 2.512]
    assert [(event.stage, event.psnr) for event in events if event.psnr][:2] == [
        ("train", 512),
        ("expert.a", 512),
    ]
    economics = settle(plan.trials, {}, before, plan.store).economics
    assert (economics.asked, economics.distinct, economics.there, economics.shared) == (15, 9, 0, 6)
    assert economics.computed == {"data": 1, "train": 1, "expert.a": 1, "router": 3, "judge": 3}
    again = settle(plan.trials, {}, there_now(plan.store), plan.store).economics
    assert (again.there, again.computed, again.seconds) == (9, {}, 0)
    assert again.seconds_asked == pytest.approx(economics.seconds_asked)


def test_a_failure_stays_with_its_variant(tmp_path, log):
    space = fake.one_by_one(
        ("bad", {"router.beta": 13.0}),
        ("misfit", {"inference.overlap": 7, "inference.tile": 256}),
        ("b2", {"router.beta": 2.0}),
    )
    search, workflow = fake.make_search(tmp_path, space), fake.make_workflow(log)
    ends = {event.trial: event for event in run_here(search, workflow) if not event.stage}
    assert "stage 'router' failed" in ends["bad"].failure
    assert "loss is nan" in ends["bad"].failure
    assert ends["misfit"].failure == "this does not fit together"
    assert fake.count(log, "train 256") == 0, "a rehearsal comes before anything that takes long"
    assert not ends["b2"].failure
    assert ends["b2"].scores
    plan = plan_search(search, workflow)
    outcome = settle(plan.trials, {"bad": "loss"}, frozenset(), plan.store)
    assert [trial.name for trial in outcome.done] == ["as it is", "b2"]
    assert outcome.failed == {"bad": "loss", "misfit": "it was not finished"}


def test_a_damaged_input_is_not_worked_with(tmp_path, log):
    search, workflow = fake.make_search(tmp_path, BETAS), fake.make_workflow(log)
    run_here(search, workflow)
    (result,) = (tmp_path / "store" / "expert.a").glob("*/result.json")
    result.write_text("513")
    later = fake.make_search(tmp_path, fake.one_by_one(("b3", {"router.beta": 3.0})))
    ends = [event for event in run_here(later, workflow) if not event.stage]
    assert "cannot work with the result of 'expert.a'" in ends[-1].failure
    assert "its content has changed" in ends[-1].failure


def test_a_component_that_is_not_there_is_told_with_its_package(tmp_path):
    missing = Variant(
        name="missing",
        factor="x",
        overrides={"dense_equal.expert": {"type": "from_afar"}},
        package="moei_afar",
    )
    plan = plan_search(smoke_search(tmp_path, SearchSpace(name="mine", variants=[missing])))
    assert [trial.name for trial in plan.trials] == ["as it is"]
    assert "from_afar" in plan.impossible["missing"]
    assert plan.impossible["missing"].endswith("It comes with the package moei_afar.")
    assert any(line.startswith("cannot run missing: ") for line in plan.lines())


def test_a_variant_of_what_the_config_does_not_have_is_left_out(tmp_path):
    config = SMOKE.model_copy(update={"store": str(tmp_path / "store"), "dense_equal": None})
    plan = plan_search(Search(config=config, space=ablations.SPACE))
    assert plan.impossible.keys() == {"token-MoE", "complexity experts"}
    assert plan.impossible["token-MoE"] == "the config has no dense_equal.expert that it could change."
    assert len(plan.trials) == 21


def test_a_variant_that_does_not_fit_the_config_does_not_stop_the_others(tmp_path):
    config = SMOKE.model_copy(update={"inference": SMOKE.inference.model_copy(update={"tile": 64})})
    plan = plan_search(smoke_search(tmp_path, ablations.SPACE).model_copy(update={"config": config}))
    assert plan.impossible.keys() == {"overlap 64"}
    assert "expected overlap < tile, got 64 >= 64" in plan.impossible["overlap 64"]


def test_the_plan_says_that_more_is_to_come(tmp_path):
    search = Search(config=SMOKE, space=grid.SPACE, searcher="optuna", samples=7)
    text = "\n".join(plan_search(search).lines())
    assert "variants  1 in 1 batches, and 7 to be chosen by what comes out" in text
    assert "not known of what is to be chosen" in text


def test_a_wrong_variant_stops_the_search_before_it_begins(tmp_path):
    space = SearchSpace(name="mine", variants=[Variant(name="x", factor="x", overrides={"router.bta": 1.0})])
    with pytest.raises(ConfigError, match="Did you mean 'beta'"):
        plan_search(smoke_search(tmp_path, space))


def test_a_search_is_what_its_file_says(tmp_path):
    space = SearchSpace(
        name="mine", factors={"tau": Choices(paths=["calibrate.threshold"], values=[None, 0.5])}
    )
    search = Search(config=SMOKE, space=space, searcher="random", samples=3, seed=5)
    write_search(tmp_path / "new", search)
    assert read_search(tmp_path / "new") == search
    assert read_search(tmp_path / "new").variants() == search.variants()
    (tmp_path / "new" / "plan.json").write_text('{"where": 1}')
    with pytest.raises(ConfigError, match=r"plan\.json: .*\n(.*\n)* *where: unknown key"):
        read_search(tmp_path / "new")
    for damaged in ("{", "[]", "[" * 100_000):
        (tmp_path / "new" / "plan.json").write_text(damaged)
        with pytest.raises(StoreError, match="is damaged"):
            read_search(tmp_path / "new")
    with pytest.raises(StoreError, match="Expected the folder of a search"):
        read_search(tmp_path)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"searcher": "random"}, "expected --samples"),
        ({"samples": 3}, "expected --samples"),
        ({"scheduler": "asha", "metric": "ece"}, "expected --metric macro_psnr"),
        ({"metric": "psnr"}, "metric: .*macro_psnr"),
        ({"metric": "macro_ssim", "config": NO_SSIM}, "expected ssim in evaluate.metrics"),
        ({"seed": -1}, "seed: "),
    ],
)
def test_what_is_no_search(options, said):
    with pytest.raises(ConfigError, match=said):
        make_search("here", **{"config": SMOKE, "space": grid.SPACE, **options})


def test_variants_that_differ_only_in_the_policy_are_both_tried(log, tmp_path):
    raw = fake.make_search(tmp_path, BETAS).trial_config()
    same = Variant(name="rival", factor="x", policy="dense-equal")
    found = make_trials(raw, [same, Variant(name="same", factor="x")], fake.make_workflow(log))
    assert [trial.name for trial in found.trials] == ["as it is", "rival"]


def test_a_worker_runs_what_was_planned_or_nothing(tmp_path, log, monkeypatch):
    monkeypatch.chdir(tmp_path)
    search, workflow = fake.make_search(tmp_path, BETAS), fake.make_workflow(log)
    plan = plan_search(search, workflow)
    planned = {trial.name: trial.fingerprint for trial in plan.trials} | {"b2": "of other code"}
    batches = (tuple(trial.variant for trial in plan.trials),)
    job = Job(search, batches, planned, plan.store.root, tmp_path, workflow)
    told = {event.trial: event.failure for event in job.run({"batch": 0}) if not event.stage}
    assert told.keys() == {"as it is", "b1", "b2"}
    assert told["b2"].startswith("the code is not what it was when this was planned")
    assert fake.count(log, "router 512 1") == 1
    assert fake.count(log, "router 512 2") == 0
