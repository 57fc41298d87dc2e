"""The leader says what is done together, and the others do that or say why they cannot."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_pipeline import make_config, version_of

from moei_toolkit.engine.process_group import ProcessGroup, SingleProcess
from moei_toolkit.errors import ConfigError, MoeiError
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline import following
from moei_toolkit.pipeline.following import follow, require_even_batches
from moei_toolkit.pipeline.running.joint import lead
from moei_toolkit.pipeline.running.plan import make_plan
from moei_toolkit.pipeline.running.stage import Stage, StageContext

Order = Mapping[str, Any]


class Two(SingleProcess):
    """One of two processes, the other of which always agrees.

    Args:
        rank: Of it.
        orders: What the leader calls for, when it is the second.
        on_call: What the second does when the leader, which it is, calls.
    """

    def __init__(
        self,
        rank: int = 0,
        orders: Sequence[Order] = (),
        on_call: Callable[[Order], None] = lambda order: None,
    ) -> None:
        super().__init__()
        self.rank, self.size = rank, 2
        self.agreements = 0
        self.call = on_call
        self._orders = iter((*orders, None))

    def agree(self, error: Exception | None = None) -> None:
        self.agreements += 1
        super().agree(error)

    def next_order(self) -> Order | None:
        return next(self._orders)


@pytest.fixture
def ran() -> list[StageContext]:
    return []


@pytest.fixture
def stages(ran: list[StageContext], monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, ...]:
    first = Stage("first", (), {}, (), ran.append)
    made = (first, replace(first, name="joint", inputs=("first",), joint=True))
    monkeypatch.setattr(following, "make_chain", lambda config: made)
    monkeypatch.setattr(following, "component_version", version_of)
    return made


def plan(stages: tuple[Stage, ...], config: Any) -> dict[str, Any]:
    return {one.name: one for one in make_plan(stages, config.seed, version_of, frozenset())}


def run_as_leader(planned: Any, config: Any, group: ProcessGroup, base: Path) -> None:
    for name in ("first", "x.partial"):
        (base / name).mkdir(exist_ok=True)
    lead(
        planned,
        StageContext(base / "x.partial", {"first": base / "first"}, config, 1, SilentReporter(), group),
    )


def test_the_leader_calls_for_joint_stages_only(tmp_path, stages, ran):
    called: list[Order] = []
    config, group = make_config(tmp_path), Two(on_call=called.append)
    planned = plan(stages, config)
    run_as_leader(planned["first"], config, group, tmp_path)
    assert (called, group.agreements) == ([], 0)
    run_as_leader(planned["joint"], config, group, tmp_path)
    (order,) = called
    assert json.loads(json.dumps(order))["recipe"] == planned["joint"].recipe
    assert group.agreements == 1
    assert len(ran) == 2
    assert list((tmp_path / "x.partial").iterdir()) == []


def test_whoever_is_alone_calls_nobody(tmp_path, stages, ran):
    config = make_config(tmp_path)
    run_as_leader(plan(stages, config)["joint"], config, SingleProcess(), tmp_path)
    assert len(ran) == 1


def test_others_run_the_same_stage_on_the_same_folders_with_the_same_seed(tmp_path, stages, ran):
    config, followers = make_config(tmp_path), []

    def join(order: Order) -> None:
        followers.append(Two(1, [json.loads(json.dumps(order))]))
        follow(followers[-1], lambda: config)

    planned = plan(stages, config)["joint"]
    run_as_leader(planned, config, Two(on_call=join), tmp_path)
    theirs, _ = ran
    assert theirs.folder == tmp_path / "x.partial"
    assert theirs.inputs == {"first": tmp_path / "first"}
    assert theirs.seed == planned.recipe["seed"]
    assert [theirs.group] == followers
    assert followers[0].agreements == 1


def refusal(stages: tuple[Stage, ...], base: Path, **changes: Any) -> str:
    """What a second process says that is called for something else, or somewhere else."""
    config, said = make_config(base), []

    def join(order: Order) -> None:
        changed = {"seed": changes.pop("seed", config.seed)}
        order["shared"]["host"] = "first.example"
        with pytest.raises(MoeiError) as refused:
            follow(Two(1, [{**order, **changes}]), lambda: make_config(base, **changed))
        said.append(str(refused.value))

    run_as_leader(plan(stages, config)["joint"], config, Two(on_call=join), base)
    return said[0]


def test_others_refuse_what_they_would_do_differently_and_say_what(tmp_path, stages, ran):
    said = refusal(stages, tmp_path, seed=7)
    assert "stage 'joint': expected the config, the code and the files of the leader on first.example" in said
    assert "seed changed: " in said
    assert "there is no such stage" in refusal(stages, tmp_path, stage="x")
    assert {context.group.rank for context in ran} == {0}


def test_others_that_do_not_see_the_folder_of_the_leader_say_so(tmp_path, stages, ran):
    missing = {"paths": ["/of/another/machine"], "host": "first.example"}
    said = refusal(stages, tmp_path, shared=missing)
    assert "/of/another/machine: expected on " in said
    assert "what first.example sees there" in said


def test_what_the_others_cannot_load_is_told(tmp_path, stages):
    def load():
        raise ConfigError("no such file")

    follower = Two(1, [{"stage": "joint", "shared": {"paths": [], "host": "here"}}])
    with pytest.raises(ConfigError, match="no such file"):
        follow(follower, load)
    assert follower.agreements == 1


def test_batches_that_cannot_be_divided_are_named_before_anything_runs(tmp_path):
    config = make_config(tmp_path)
    require_even_batches(config, SingleProcess())
    with pytest.raises(ConfigError, match=r"dense\.training\.images_per_batch: expected a multiple of 2"):
        require_even_batches(config, Two())
