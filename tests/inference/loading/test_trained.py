"""A run and a trained model are found alike; what is neither is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from moei_toolkit.bench.measuring.models import model_in
from moei_toolkit.bench.measuring.subject import Subject
from moei_toolkit.bench.measuring.torch_subject import build_eager
from moei_toolkit.errors import CheckpointError, ConfigError, MoeiError, StoreError
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.loading.trained import parts_in
from moei_toolkit.inference.pretrained.loading import ModelParts


def test_the_kind_is_that_of_the_folder(exported, trained):
    assert type(parts_in(exported.run)) is RunParts
    assert type(parts_in(trained.model)) is ModelParts


def test_both_say_the_same_of_a_model(trained):
    run, model = parts_in(trained.run), parts_in(trained.model)
    assert model.experts == run.experts
    assert model.policies == run.policies == [f"expert.{name}" for name in run.experts]
    assert model.protocol == run.protocol


def test_a_bundle_holds_no_parts(exported):
    with pytest.raises(ConfigError, match="is a bundle: expected the run or the trained model"):
        parts_in(exported.bundle)


def test_the_name_of_a_model_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        StoreError, match=r"is not there: .* --model moei-tiny means the model of the toolkit"
    ):
        parts_in(Path("moei-tiny"))


def test_a_damaged_model_imports_nothing(trained, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((trained.model / name).read_bytes())
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    imported = []
    monkeypatch.setattr("moei_toolkit.inference.pretrained.loading.import_custom", imported.append)
    with pytest.raises(CheckpointError, match="git lfs pull"):
        parts_in(folder)
    assert not imported


@pytest.mark.parametrize("command", ["evaluate", "report", "export"])
def test_where_only_a_run_will_do_a_model_is_named(trained, tmp_path, command):
    from importlib import import_module

    options = {
        "evaluate": ["--data", str(tmp_path), "-o", str(tmp_path / "out")],
        "report": [],
        "export": ["--format", "weights", "-o", str(tmp_path / "out")],
    }
    main = import_module(f"moei_toolkit.commands.{command}").main
    with pytest.raises(MoeiError, match=r"made by tools/train\.py, not what tools/export\.py makes of one"):
        main(["--run", str(trained.model), *options[command]])
    assert not (tmp_path / "out").exists()


def test_a_run_has_the_rivals_that_it_has_trained(exported, tmp_path):
    run = Path(shutil.copytree(exported.run, tmp_path / "run"))
    record = json.loads((run / "run.json").read_text())
    expert = record["config"]["experts"]["first"]
    rival = {"expert": expert["expert"], "training": expert["training"]}
    record["config"]["dense_equal"] = rival
    (run / "run.json").write_text(json.dumps(record))
    with pytest.raises(ConfigError, match=r"got 'dense-equal'\. Only a run has it, once it is trained"):
        parts_in(run).require_policy("dense-equal")
    shutil.copytree(run / "stages" / "experts.first", run / "stages" / "dense_equal")
    record["stages"]["dense_equal"] = {"folder": "stages/dense_equal/abc", "fingerprint": "abc"}
    (run / "run.json").write_text(json.dumps(record))
    parts = parts_in(run)
    assert parts.policies == ["expert.first", "expert.second", "dense-equal"]
    assert parts.stages == parts_in(exported.run).stages
    runtime, _, route = build_eager(model_in(run), Subject("x", "dense-equal"))
    assert route == "dense-equal"
    own = parts.expert("first", parts.backbone()).state_dict()
    worn = runtime.experts["dense-equal"].state_dict()
    assert all(bool((worn[name] == tensor).all()) for name, tensor in own.items())
