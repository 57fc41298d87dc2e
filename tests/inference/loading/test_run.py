"""A run is loaded as it was saved, or an error names the file that is wrong."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_run import EXPERTS, WEIGHTS, make_expert, make_run, make_runtime, stage

from moei_toolkit.errors import CheckpointError, MoeiError, RegistryError, StoreError
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.weights import save_weights
from moei_toolkit.types import DENSE

NETWORKS = [name for name in WEIGHTS if name != "calibrate"]


@pytest.fixture
def run(tmp_path):
    return make_run(tmp_path / "run")


def edit_record(run, edit) -> None:
    record = json.loads((run / "run.json").read_text())
    edit(record)
    (run / "run.json").write_text(json.dumps(record))


def test_what_is_loaded_is_what_was_saved(run):
    runtime, decider = load_run(run)
    expected = make_runtime()
    assert list(runtime.routes) == [*EXPERTS, DENSE]
    for ours, theirs in zip(
        (runtime.backbone, *runtime.experts.values()),
        (expected.backbone, *expected.experts.values()),
        strict=True,
    ):
        torch.testing.assert_close(ours.state_dict(), theirs.state_dict(), rtol=0, atol=0)
        assert not ours.training
        assert not any(parameter.requires_grad for parameter in ours.parameters())
    assert runtime.protocol == replace(expected.protocol, guides={EXPERTS[0]: 16})
    assert decider.threshold == 0.25
    assert decider.experts == EXPERTS
    assert decider.calibrator.state() == {"temperature": 2.0, "at_bound": False}


def test_a_run_can_be_moved(run, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    before = Restorer.from_run(run).restore(image)
    moved = shutil.move(run, tmp_path / "elsewhere" / "run")
    after = Restorer.from_run(str(moved)).restore(image)
    assert before.image.tobytes() == after.image.tobytes()
    assert before.decision == after.decision


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere/run.json.*tools/train.py"):
        load_run(tmp_path / "nowhere")


def test_a_damaged_record(run):
    (run / "run.json").write_text("{")
    with pytest.raises(StoreError, match=r"run.json is damaged"):
        load_run(run)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_run_that_has_not_got_that_far(run, name):
    edit_record(run, lambda record: record["stages"].pop(name))
    with pytest.raises(StoreError, match=f"'{name}' yet: finish it first"):
        load_run(run)


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_result_that_was_deleted(run, name):
    shutil.rmtree(stage(run, name).parent)
    with pytest.raises(StoreError, match=rf"{name}/abc, the result of stage '{name}', is gone"):
        load_run(run)


def damage(path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def remove(path) -> None:
    path.unlink()


def remove_description(path) -> None:
    path.with_suffix(".json").unlink()


def empty(path) -> None:
    path.write_bytes(b"")


def replace_by_pickle(path) -> None:
    path.write_bytes(pickle.dumps({"weight": 1}))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "spoil",
    [damage, truncate, remove, remove_description, empty, replace_by_pickle],
    ids=lambda f: f.__name__,
)
def test_weights_that_are_not_whole(run, name, spoil):
    spoil(stage(run, name))
    with pytest.raises(CheckpointError, match=rf"Train again with --from {re.escape(name)} to") as caught:
        load_run(run)
    assert str(stage(run, name).with_suffix("")) in str(caught.value)


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_of_another_network(run, name):
    save_weights(stage(run, name), {"weight": torch.zeros(3)}, {})
    with pytest.raises(CheckpointError, match="does not fit") as caught:
        load_run(run)
    assert str(stage(run, name)) in str(caught.value)
    assert "And 1 more." in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"calibrator": {}, "threshold": 0.5}',
        '{"calibrator": {"temperature": 1.0}}',
        '{"calibrator": {"temperature": -5.0, "at_bound": false}, "threshold": 0.5}',
        '{"calibrator": {"temperature": NaN, "at_bound": false}, "threshold": 0.5}',
        '{"calibrator": {"temperature": 1.0, "at_bound": false}, "threshold": NaN}',
        '{"calibrator": {"temperature": 1.0, "at_bound": false}, "threshold": 1.5}',
        "\xff",
    ],
)
def test_a_damaged_calibration(run, text):
    stage(run, "calibrate").write_text(text, encoding="latin-1")
    with pytest.raises(CheckpointError, match=r"calibration.json: expected a calibration"):
        load_run(run)


def test_a_component_that_is_not_installed_any_more(run):
    def edit(record) -> None:
        record["config"]["backbone"]["type"] = "global_unte"

    edit_record(run, edit)
    with pytest.raises(RegistryError, match=r"run.json: .*Did you mean 'global_unet'.*Install"):
        load_run(run)


def test_a_record_that_does_not_fit_the_schema(run):
    edit_record(run, lambda record: record["config"].pop("router"))
    with pytest.raises(MoeiError, match=r"(?s)run.json.*router"):
        load_run(run)


def test_an_expert_is_loaded_around_the_backbone_of_its_run(run):
    backbone = load_run(run)[0].backbone
    fresh = make_expert(backbone, 0, trained=False)
    assert torch.equal(fresh.copies["tail"].weight, backbone.block("tail").weight)


def learn_a_rule(run) -> dict[str, object]:
    """Turn the calibration of a run into one with a learned rule."""
    edit_record(run, lambda record: record["config"]["calibrate"].update(abstention={"type": "selective"}))
    path = stage(run, "calibrate")
    rule = {"weights": [0.5] * 16, "bias": -0.25}
    path.write_text(json.dumps({**json.loads(path.read_text()), "rule": rule}))
    return rule


def test_a_learned_rule_is_loaded_with_its_state(run):
    rule = learn_a_rule(run)
    _, decider = load_run(run)
    assert decider.rule.state() == rule


def test_a_learned_rule_without_its_state_is_damaged(run):
    learn_a_rule(run)
    path = stage(run, "calibrate")
    path.write_text(json.dumps({**json.loads(path.read_text()), "rule": {}}))
    with pytest.raises(CheckpointError, match=r"calibration\.json: expected a calibration, got KeyError"):
        load_run(run)
