"""A trained model gives what its run gives, bit for bit; a damaged or foreign one says what is wrong."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from tiny_model import make_model
from tiny_run import EXPERTS, make_run, stage

from moei_toolkit.errors import (
    CheckpointError,
    ConfigError,
    ExportError,
    MoeiError,
    RegistryError,
    StoreError,
)
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.inference.pretrained.checking import TOLERANCE, require_equal
from moei_toolkit.inference.pretrained.loading import load_pretrained
from moei_toolkit.inference.pretrained.record import RECORD, WEIGHTS, read_model
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.hashing import sha256_bytes
from moei_toolkit.io.weights import save_weights
from moei_toolkit.types import DENSE


def picture(height: int = 75, width: int = 53) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def edit(model: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    record = json.loads((model / RECORD).read_text())
    change(record)
    (model / RECORD).write_text(json.dumps(record))


def edit_weights(model: Path, change: Callable[[dict[str, torch.Tensor]], Any]) -> None:
    """Change the tensors of a model, whose record goes on to describe its file."""
    tensors = safetensors.torch.load((model / WEIGHTS).read_bytes())
    change(tensors)
    data = safetensors.torch.save(tensors)
    (model / WEIGHTS).write_bytes(data)
    counted = sum(tensor.numel() for tensor in tensors.values())
    said = {"bytes": len(data), "sha256": sha256_bytes(data), "parameters": counted}
    edit(model, lambda record: record["weights"].update(said))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (75, 53)])
def test_it_restores_and_decides_as_its_run_does(trained, size):
    ours = Restorer.from_pretrained(trained.model).restore(picture(*size))
    theirs = Restorer.from_run(trained.run).restore(picture(*size))
    assert ours.image.tobytes() == theirs.image.tobytes()
    assert ours.decision == theirs.decision


def test_every_route_of_it_is_that_of_its_run(trained):
    (ours, decider), (theirs, expected) = load_pretrained(trained.model), load_run(trained.run)
    assert ours.routes == theirs.routes == (*EXPERTS, DENSE)
    assert ours.protocol == theirs.protocol
    assert decider.experts == expected.experts
    assert decider.threshold == expected.threshold == 0.25
    assert decider.calibrator.state() == expected.calibrator.state()
    g = ours.describe(picture())
    assert g.tobytes() == theirs.describe(picture()).tobytes()
    expected_pictures = theirs.restore_routes(picture(), g)
    for name, restored in ours.restore_routes(picture(), g).items():
        assert restored.tobytes() == expected_pictures[name].tobytes()
    networks = (ours.backbone, decider.router.network)
    assert not any(parameter.requires_grad for one in networks for parameter in one.parameters())
    assert require_equal((ours, decider), (theirs, expected)) == 0


def test_a_name_is_a_text_and_a_folder_may_be_one_too(trained, monkeypatch):
    monkeypatch.chdir(trained.model.parent)
    assert load_pretrained("model")[1].experts == EXPERTS
    assert load_pretrained("./model")[1].experts == EXPERTS


def test_the_order_of_keys_means_nothing(trained, model):
    def turn(record: dict[str, Any]) -> None:
        record["architecture"]["experts"] = dict(reversed(record["architecture"]["experts"].items()))

    edit(model, turn)
    ours, theirs = (Restorer.from_pretrained(folder).restore(picture()) for folder in (model, trained.model))
    assert ours.decision == theirs.decision
    assert list(ours.decision.probabilities) == list(EXPERTS)
    assert ours.image.tobytes() == theirs.image.tobytes()


def test_rounded_weights_are_half_as_large_and_nearly_the_same(trained, tmp_path):
    rounded, whole = make_model(tmp_path / "half", trained.run, dtype="float16"), read_model(trained.model)
    assert rounded.weights.parameters == whole.weights.parameters
    assert rounded.weights.dtype == "float16"
    assert (tmp_path / "half" / WEIGHTS).stat().st_size < 0.7 * whole.weights.bytes
    parts = load_pretrained(tmp_path / "half")
    assert {parameter.dtype for parameter in parts[0].backbone.parameters()} == {torch.float32}
    assert 0 < require_equal(parts, load_run(trained.run)) < TOLERANCE


def test_a_model_that_decides_otherwise_is_not_the_same(trained):
    model, run = load_pretrained(trained.model), load_run(trained.run)
    state = model[1].router.network.state_dict()
    for tensor in state.values():
        tensor += 0.5 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(0))
    model[1].router.network.load_state_dict(state)
    with pytest.raises(ExportError, match=r"expert 'first': expected what the run gives to 0\.02, got"):
        require_equal(model, run)


def test_a_router_that_asks_somebody_else_is_not_asked_about_noise(tmp_path):
    run = make_run(tmp_path / "run")
    (tmp_path / "routes.csv").write_text("id,route\na.png,first\n")
    record = json.loads((run / "run.json").read_text())
    record["config"]["router"]["router"] = {"type": "external", "file": str(tmp_path / "routes.csv")}
    (run / "run.json").write_text(json.dumps(record))
    save_weights(stage(run, "router"), {}, {})
    make_model(tmp_path / "model", run)
    assert require_equal(load_pretrained(tmp_path / "model"), load_run(run)) == 0


def test_a_learned_rule_is_loaded_with_its_state(tmp_path):
    run = make_run(tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    record["config"]["calibrate"]["abstention"] = {"type": "selective", "coverage": 0.8}
    (run / "run.json").write_text(json.dumps(record))
    path, rule = stage(run, "calibrate"), {"weights": [0.1] * 16, "bias": -0.25}
    path.write_text(json.dumps({**json.loads(path.read_text()), "rule": rule}))
    make_model(tmp_path / "model", run)
    assert load_pretrained(tmp_path / "model")[1].rule.state() == rule


def test_nothing_there(tmp_path):
    with pytest.raises(StoreError, match=r"cannot read .*nowhere/config\.json: No such .*--format weights"):
        load_pretrained(tmp_path / "nowhere")


def test_weights_alone_are_no_model(model):
    (model / RECORD).unlink()
    with pytest.raises(StoreError, match=r"cannot read .*config\.json: No such"):
        Restorer.from_pretrained(model)


@pytest.mark.parametrize("text", ["", "{", "\xff"])
def test_a_record_that_is_no_json(model, text):
    (model / RECORD).write_text(text, encoding="latin-1")
    with pytest.raises(CheckpointError, match=r"config\.json is damaged: .* Get the model again\."):
        load_pretrained(model)


@pytest.mark.parametrize("text", ["[]", "1", "{}", '{"model_type": "swin"}'])
def test_a_record_of_something_else(model, text):
    (model / RECORD).write_text(text)
    with pytest.raises(CheckpointError, match=r"describes no model of this toolkit: expected the format"):
        load_pretrained(model)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_version_that_is_not_known(model, version):
    edit(model, lambda record: record.update(version=version))
    with pytest.raises(CheckpointError, match=rf"config\.json has version {version!r}; this toolkit reads 1"):
        load_pretrained(model)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r.pop("calibration"), "calibration: missing"),
        (
            lambda r: r["architecture"].update(wievs={}),
            "architecture.wievs: unknown key. Did you mean 'views'?",
        ),
        (
            lambda r: r["architecture"]["views"].update(probe=1),
            "architecture.views.probe: unknown key. Did you mean 'probes'",
        ),
        (lambda r: r["architecture"].update(experts={}), "architecture.experts: expected it not to be empty"),
        (
            lambda r: r["architecture"]["router"].update(names=["first", "third"]),
            "architecture: expected router.names to name every expert once, first, second, got first, third",
        ),
        (lambda r: r["weights"].update(sha256="0"), "weights.sha256: "),
        (
            lambda r: r["architecture"]["inference"].update(overlap=32),
            "architecture.inference: expected overlap",
        ),
        (
            lambda r: r["architecture"]["inference"].update(guides={"frist": 16}),
            "architecture: expected inference.guides of experts, got 'frist'. Did you mean 'first'",
        ),
        (lambda r: r["calibration"].update(threshold="0.5"), "calibration.threshold: expected"),
    ],
)
def test_a_record_that_does_not_fit_names_the_key(model, change, said):
    edit(model, change)
    with pytest.raises(ConfigError, match=rf"(?s)config\.json: .*{re.escape(said)}"):
        load_pretrained(model)


@pytest.mark.parametrize("option", [{"width": 2000}, {"blocks": 10**9}, {"descriptor_dim": 10**7}])
def test_a_network_beyond_its_weights_is_never_built(model, option):
    edit(model, lambda record: record["architecture"]["backbone"].update(option))
    with pytest.raises(CheckpointError, match=r"config\.json: backbone\.\*: describes a network of over 1,"):
        load_pretrained(model)


def test_a_network_of_absurd_depth_is_refused(model):
    edit(model, lambda record: record["architecture"]["backbone"].update(levels=10**6))
    with pytest.raises(RegistryError, match=r"levels must lie in \[0, 10\], got 1000000"):
        load_pretrained(model)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a["backbone"].update(type="global_unte"), "Did you mean 'global_unet'"),
        (lambda a: a["backbone"].update(widht=4), "unknown argument 'widht'. Did you mean 'width'"),
        (lambda a: a["experts"]["first"]["expert"].update(type="adapterr"), "Did you mean 'adapter'"),
        (lambda a: a["router"]["router"].update(type="mpl"), "Did you mean 'mlp'"),
        (lambda a: a["calibrate"]["calibrator"].update(type="temprature"), "Did you mean 'temperature'"),
        (lambda a: a["calibrate"]["abstention"].update(type="treshold"), "Did you mean 'threshold'"),
    ],
)
def test_a_component_that_nobody_offers(model, change, said):
    edit(model, lambda record: change(record["architecture"]))
    with pytest.raises(RegistryError) as caught:
        load_pretrained(model)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(model / RECORD))
    assert "written with moei_toolkit 0.1.0; others may lack something" in str(caught.value)


def test_what_would_offer_a_component_is_named(model):
    edit(model, lambda record: record["architecture"]["backbone"].update(type="elsewhere"))
    edit(model, lambda record: record["origin"].update(plugins={"moei_elsewhere": "2.1"}))
    with pytest.raises(RegistryError, match=r"with moei_toolkit 0\.1\.0, moei_elsewhere 2\.1; others may"):
        load_pretrained(model)


def test_a_module_that_cannot_be_imported(model):
    edit(model, lambda record: record["architecture"].update(custom_imports={"imports": ["not_here"]}))
    with pytest.raises(ConfigError, match=r"config\.json: custom_imports: cannot import 'not_here'"):
        load_pretrained(model)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-10], "is truncated or was replaced: expected"),
        (lambda data: b"", "is truncated or was replaced"),
        (
            lambda data: data[:-1] + bytes([data[-1] ^ 1]),
            "is damaged: its SHA-256 is not the one in config.json",
        ),
    ],
    ids=["truncated", "empty", "altered"],
)
def test_weights_that_are_not_whole(model, spoil, said):
    path = model / WEIGHTS
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(CheckpointError, match=rf"{WEIGHTS} {said}.* Get the model again\."):
        load_pretrained(model)


def test_a_pointer_that_stands_for_weights(model):
    (model / WEIGHTS).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:3a\nsize 9197652\n")
    with pytest.raises(CheckpointError, match=r"expected \d+ bytes, got 70\. .*Git LFS.* `git lfs pull`"):
        load_pretrained(model)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (torch.Tensor.double, "expected float32, as config.json says, got torch.float64 for 'backbone."),
        (torch.Tensor.half, "expected float32, as config.json says, got torch.float16 for 'backbone."),
        (torch.Tensor.int, "backbone.* does not fit GlobalUNet: expected torch.float32 for '"),
        (lambda tensor: tensor * float("nan"), "expected finite numbers, got NaN or infinity in 'backbone."),
    ],
    ids=["double", "half", "int", "nan"],
)
def test_numbers_of_another_kind(model, change, said):
    def change_one(tensors: dict[str, torch.Tensor]) -> None:
        name = min(name for name in tensors if name.startswith("backbone."))
        tensors[name] = change(tensors[name])

    edit_weights(model, change_one)
    with pytest.raises(CheckpointError, match=rf"{WEIGHTS}: {re.escape(said)}"):
        load_pretrained(model)


def test_more_or_fewer_numbers_than_it_says(model):
    edit(model, lambda record: record["weights"].update(parameters=3))
    with pytest.raises(
        CheckpointError, match=rf"{WEIGHTS}: expected 3 numbers, as config\.json says, got \d+"
    ):
        load_pretrained(model)


def test_weights_that_are_not_there(model):
    (model / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=rf"cannot read .*{WEIGHTS}: No such file"):
        load_pretrained(model)


def test_weights_that_are_of_another_format(model):
    data = b"no safetensors"
    (model / WEIGHTS).write_bytes(data)
    edit(model, lambda record: record["weights"].update(bytes=len(data), sha256=sha256_bytes(data)))
    with pytest.raises(CheckpointError, match="is not a safetensors file"):
        load_pretrained(model)


@pytest.mark.parametrize("prefix", ["backbone.", "experts.first.", "experts.second.", "router."])
def test_a_tensor_that_is_missing_too_many_or_of_another_shape(trained, tmp_path, prefix):
    def drop(tensors: dict[str, torch.Tensor]) -> None:
        del tensors[min(name for name in tensors if name.startswith(prefix))]

    def add(tensors: dict[str, torch.Tensor]) -> None:
        tensors[f"{prefix}more"] = torch.zeros(3)

    def reshape(tensors: dict[str, torch.Tensor]) -> None:
        tensors[min(name for name in tensors if name.startswith(prefix))] = torch.zeros(1, 2, 3)

    for number, (change, said) in enumerate(
        [(drop, "Missing"), (add, "Unexpected"), (reshape, "size mismatch")]
    ):
        copy = Path(shutil.copytree(trained.model, tmp_path / str(number)))
        edit_weights(copy, change)
        with pytest.raises(CheckpointError, match=rf"(?s){WEIGHTS}: {prefix}\* does not fit \w+: .*{said}"):
            load_pretrained(copy)


def test_a_tensor_that_belongs_to_nothing(model):
    edit_weights(model, lambda tensors: tensors.update({"experts.third.a": torch.zeros(3)}))
    with pytest.raises(
        CheckpointError, match=r"expected tensors of backbone\.\*, .*, router\.\*, got 'experts\.third\.a'"
    ):
        load_pretrained(model)


@pytest.mark.parametrize(
    ("part", "key", "hint"), [("calibrator", "at_bond", " Did you mean 'at_bound'?"), ("rule", "bias", "")]
)
def test_a_state_that_has_a_key_too_many(model, part, key, hint):
    edit(model, lambda record: record["calibration"][part].update({key: 1}))
    said = f"config.json: calibration.{part}.{key}: unknown key.{hint}"
    with pytest.raises(CheckpointError, match=rf"{re.escape(said)}$"):
        load_pretrained(model)


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 1.5},
        {"calibrator": {}},
        {"calibrator": {"temperature": -5.0, "at_bound": False}},
    ],
)
def test_a_calibration_that_is_none(model, changes):
    edit(model, lambda record: record["calibration"].update(changes))
    with pytest.raises(CheckpointError, match=r"config\.json: expected a calibration, got"):
        load_pretrained(model)


def test_errors_are_of_the_toolkit_whatever_line_of_the_record_is_lost(model):
    """A record without any one of its lines is no JSON, does not fit, or means the same."""
    lines, said = (model / RECORD).read_text().splitlines(keepends=True), []
    for number in range(len(lines)):
        (model / RECORD).write_text("".join(lines[:number] + lines[number + 1 :]))
        try:
            read_model(model)
        except MoeiError as error:
            said.append(str(error))
    assert len(said) > len(lines) / 2
    assert all(str(model / RECORD) in text for text in said)


def test_a_run_or_a_bundle_is_no_trained_model(trained, tmp_path):
    for folder in (trained.run, tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StoreError, match=rf"cannot read {folder}/config\.json: .*--format weights"):
            Restorer.from_pretrained(folder)
