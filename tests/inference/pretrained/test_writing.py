"""What is written of a run: one file of weights, and what they are built into."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping

import pytest
import safetensors
import torch
from tiny_model import ORIGIN, make_model
from tiny_run import EXPERTS, make_backbone, make_run, stage

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.config.component import Component
from moei_toolkit.config.model import Architecture
from moei_toolkit.errors import CheckpointError
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.inference.loading.run import require_run
from moei_toolkit.inference.pretrained import providers
from moei_toolkit.inference.pretrained.explicit import explicit_architecture
from moei_toolkit.inference.pretrained.providers import plugins_of
from moei_toolkit.inference.pretrained.record import RECORD, WEIGHTS, is_model, read_model
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.weights import save_weights
from moei_toolkit.registration.arguments import plain_defaults
from moei_toolkit.registration.plugin_table import Provider
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.types import DENSE, DENSE_EQUAL


def test_the_parts_have_their_prefixes(trained):
    with safetensors.safe_open(str(trained.model / WEIGHTS), "pt") as file:
        names, header = list(file.keys()), file.metadata()
        for name, tensor in make_backbone().state_dict().items():
            assert torch.equal(file.get_tensor(f"backbone.{name}"), tensor)
    prefixes = ("backbone.", "router.", *(f"experts.{name}." for name in EXPERTS))
    assert all(any(name.startswith(prefix) for name in names) for prefix in prefixes)
    assert all(name.startswith(prefixes) for name in names)
    assert header == {"format": "pt"}


def test_what_is_recorded_is_what_the_run_says(trained):
    record, (config, _) = read_model(trained.model), require_run(trained.run)
    raw = config.model_dump(mode="json")
    architecture = json.loads((trained.model / RECORD).read_text())["architecture"]
    assert architecture["backbone"].items() >= raw["backbone"].items()
    assert list(architecture["experts"]) == list(EXPERTS)
    for name, expert in architecture["experts"].items():
        assert expert["expert"].items() >= raw["experts"][name]["expert"].items()
        assert expert["task"] == raw["experts"][name]["task"]
    assert architecture["router"]["router"].items() >= raw["router"]["router"].items()
    for key in ("views", "inference", "custom_imports"):
        assert architecture[key] == raw[key]
    for key in ("calibrator", "abstention"):
        assert architecture["calibrate"][key].items() >= raw["calibrate"][key].items()
    assert record.calibration.threshold == 0.25
    assert record.calibration.calibrator == {"temperature": 2.0, "at_bound": False}
    assert record.weights.sha256 == sha256_file(trained.model / WEIGHTS)
    assert record.weights.bytes == (trained.model / WEIGHTS).stat().st_size
    assert record.origin == ORIGIN


def test_its_keys_stand_where_the_config_of_the_run_has_them(trained):
    config, _ = require_run(trained.run)
    assert Architecture.of(config).worn.keys() == {f"experts.{name}" for name in EXPERTS}
    assert set(Architecture.model_fields) <= set(type(config).model_fields)


def test_the_guide_of_a_rival_stays_with_the_run(tmp_path):
    run = make_run(tmp_path / "run", guides={EXPERTS[0]: 16, DENSE: 20, DENSE_EQUAL: 16})
    make_model(tmp_path / "model", run)
    assert read_model(tmp_path / "model").architecture.inference.guides == {EXPERTS[0]: 16, DENSE: 20}


def test_defaults_are_written_out_so_that_later_ones_do_not_matter(trained):
    architecture = read_model(trained.model).architecture
    built = {
        GlobalUNet: (architecture.backbone, set()),
        Adapter: (architecture.experts["first"].expert, {"backbone"}),
        MLPRouter: (architecture.router.router, {"descriptor_dim", "experts", "names"}),
    }
    for component, (written, supplied) in built.items():
        parameters = inspect.signature(component).parameters
        assert set(written.arguments) == set(parameters) - supplied
        given = {"width", "levels", "blocks", "descriptor_dim", "reduction", "top_blocks"}
        for name in set(written.arguments) - given:
            assert written.arguments[name] == parameters[name].default


def test_those_of_parts_too(trained):
    inner = Component.model_validate({"type": "selective"})
    rule = Component.model_validate({"type": "conformal", "rule": inner.as_dict()})
    architecture = Architecture.of(require_run(trained.run)[0])
    trust = architecture.calibrate.model_copy(update={"abstention": rule})
    written = explicit_architecture(architecture.model_copy(update={"calibrate": trust})).calibrate.abstention
    parts = [value for value in written.arguments.values() if isinstance(value, Mapping)]
    assert [dict(part) for part in parts] == [{"type": "selective", **plain_defaults(Selective, ())}]
    assert plain_defaults(Selective, ())


def test_the_same_run_gives_the_same_bytes(trained, tmp_path):
    make_model(tmp_path / "again", trained.run)
    for name in (RECORD, WEIGHTS):
        assert (tmp_path / "again" / name).read_bytes() == (trained.model / name).read_bytes()


def test_a_run_or_an_empty_folder_is_no_model(trained, tmp_path):
    assert is_model(trained.model)
    assert not is_model(trained.run)
    assert not is_model(tmp_path)


def test_a_weight_that_is_too_large_to_be_rounded(tmp_path):
    run = make_run(tmp_path / "run")
    state = make_backbone().state_dict()
    state[min(state)].fill_(1e6)
    save_weights(stage(run, "dense"), state, {})
    make_model(tmp_path / "whole", run)
    with pytest.raises(CheckpointError, match=r"float16 can hold, got 1e\+06\. Use --dtype float32\."):
        make_model(tmp_path / "half", run, dtype="float16")


def test_what_has_to_be_installed_beside_the_toolkit(trained, monkeypatch):
    class Elsewhere:
        def provider(self, name: str) -> Provider:
            return Provider(f"moei_{name}", "2.1", "plugin")

    architecture = read_model(trained.model).architecture
    assert plugins_of(architecture) == {}
    monkeypatch.setattr(providers, "BACKBONES", Elsewhere())
    monkeypatch.setattr(providers, "ABSTENTIONS", Elsewhere())
    inner = {"type": "conformal", "rule": {"type": "selective"}}
    trust = architecture.calibrate.model_copy(update={"abstention": Component.model_validate(inner)})
    assert plugins_of(architecture.model_copy(update={"calibrate": trust})) == {
        "moei_conformal": "2.1",
        "moei_global_unet": "2.1",
        "moei_selective": "2.1",
    }
