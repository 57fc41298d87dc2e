"""Before two runs are compared it is said how they are related."""

from __future__ import annotations

import json

import pytest
from tampering import edit_json
from tiny_artifact import make_finished_run

from moei_toolkit.artifact.kinship import kinship
from moei_toolkit.errors import ConfigError, StoreError


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    """A second run of the same config; read only."""
    return make_finished_run(tmp_path_factory.mktemp("again") / "run")


def test_a_repetition(finished, again, unpacked):
    assert list(kinship(finished, again)) == []
    assert list(kinship(unpacked, again)) == []


def test_the_same_run(finished, unpacked):
    (line,) = kinship(unpacked, finished)
    assert line.startswith("both are the same run")


def test_another_seed_and_config(unpacked, again):
    edit_json(unpacked / "run.json", lambda run: run["config"].update(seed=7))
    edit_json(unpacked / "run.json", lambda run: run["config"]["router"].update(beta=50.0))
    assert list(kinship(unpacked, again)) == [
        "the runs have other configs: router.beta: expected 20.0, got 50.0; seed: expected 0, got 7"
    ]


def test_results_that_both_runs_hold(unpacked, again):
    for stage in ("data", "dense"):
        theirs = json.loads((again / stage / "manifest.json").read_text())
        made = {name: theirs[name] for name in ("started", "seconds")}
        edit_json(unpacked / "stages" / stage / "manifest.json", lambda ours, made=made: ours.update(made))
    assert list(kinship(unpacked, again)) == ["not made twice, but one result in both runs: data, dense"]


def test_what_cannot_be_compared(unpacked, again, tmp_path):
    with pytest.raises(StoreError, match=r"cannot read .*run.json"):
        list(kinship(unpacked, tmp_path))
    edit_json(unpacked / "run.json", lambda run: run["config"].update(seed="none"))
    with pytest.raises(ConfigError, match="seed"):
        list(kinship(unpacked, again))
