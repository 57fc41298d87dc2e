"""A model is opened by a runtime that fits it, or an error says which would."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_run import WEIGHTS, make_run, stage

from moei_toolkit.commands import restore
from moei_toolkit.errors import CheckpointError, ConfigError, StoreError
from moei_toolkit.inference.loading.opening import choose_runtime, identify_model, open_model
from moei_toolkit.inference.runtimes import names
from moei_toolkit.inference.runtimes.compiled import CompiledRuntime
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.inference.runtimes.names import RUNTIMES
from moei_toolkit.inference.runtimes.onnx import OnnxRuntime
from moei_toolkit.inference.runtimes.openvino import OpenVINORuntime

CLASSES = {
    "eager": EagerRuntime,
    "compile": CompiledRuntime,
    "onnx": OnnxRuntime,
    "openvino": OpenVINORuntime,
}


def path_for(exported, name: str):
    return exported.run if name in names.OF_RUNS else exported.bundle


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_name_leads_to_its_runtime(exported, name):
    runtime, decider = open_model(path_for(exported, name), name)
    assert type(runtime) is CLASSES[name]
    assert runtime.routes == (*decider.experts, "dense")


def test_without_a_name_the_path_decides(exported):
    assert type(open_model(exported.run)[0]) is EagerRuntime
    assert type(open_model(exported.bundle)[0]) is OnnxRuntime


@pytest.mark.parametrize("name", [None, *names.OF_RUNS])
def test_a_trained_model_is_run_as_its_run_is(trained, name):
    runtime, decider = open_model(trained.model, name)
    assert type(runtime) is CLASSES[name or "eager"]
    assert runtime.routes == (*decider.experts, "dense")


@pytest.mark.parametrize("name", names.OF_BUNDLES)
def test_a_trained_model_holds_no_graphs(trained, name):
    with pytest.raises(ConfigError, match=rf"'{name}' needs a bundle, and {trained.model} is none.*--run "):
        open_model(trained.model, name)


@pytest.mark.parametrize("path", ["run", "bundle"])
def test_an_unknown_name(exported, path):
    with pytest.raises(ConfigError, match=r"no runtime 'openvine'\. Did you mean 'openvino'"):
        choose_runtime(getattr(exported, path), "openvine")


@pytest.mark.parametrize("name", names.OF_BUNDLES)
def test_a_run_has_to_be_exported_first(exported, name):
    with pytest.raises(
        ConfigError, match=rf"'{name}' needs a bundle.*tools/export\.py --run {exported.run} -o"
    ):
        open_model(exported.run, name)


@pytest.mark.parametrize("name", names.OF_RUNS)
def test_a_bundle_is_no_run(exported, name):
    with pytest.raises(ConfigError, match=rf"'{name}' needs a run.*is a bundle.*'onnx' and 'openvino'"):
        open_model(exported.bundle, name)


def test_a_bundle_runs_on_the_cpu_only(exported):
    with pytest.raises(ConfigError, match="device 'cuda': a bundle runs on the CPU only"):
        open_model(exported.bundle, device="cuda")


def test_a_path_with_nothing_there(tmp_path):
    with pytest.raises(StoreError, match=r"run\.json"):
        open_model(tmp_path / "nowhere")


@pytest.mark.parametrize("path", ["run", "bundle"])
@pytest.mark.parametrize("threads", [0, -3, 100_000])
def test_no_threads(exported, path, threads):
    with pytest.raises(ConfigError, match=f"threads: expected 1 to 256, got {threads}"):
        open_model(getattr(exported, path), threads=threads)


def test_tiles_per_call(exported):
    assert open_model(exported.run, batch=3)[0].batch == 3
    assert open_model(exported.bundle, precision="float32", batch=2)[0].batch == 2
    with pytest.raises(ConfigError, match="batch: expected 1 tile per call or more, got 0"):
        open_model(exported.run, batch=0)


def test_equal_models_have_one_name_and_others_have_another(exported, bundle):
    assert identify_model(exported.bundle) == identify_model(bundle, "openvino")
    names = {identify_model(exported.run), identify_model(bundle)}
    record = (bundle / "bundle.json").read_text()
    (bundle / "bundle.json").write_text(record.replace('"threshold": 0.25', '"threshold": 0.5'))
    assert len(names | {identify_model(bundle)}) == 3


def test_a_run_that_was_trained_anew_is_another_model(tmp_path):
    run = make_run(tmp_path / "run")
    found = [identify_model(run)]
    for name in WEIGHTS:  # the same recipe gives others on another machine, in a folder of the same name
        path = stage(run, name)
        path.write_bytes(path.read_bytes() + b" ")
        found.append(identify_model(run))
    assert len(set(found)) == len(found)
    path.unlink()
    with pytest.raises(CheckpointError, match=r"calibration\.json: No such file.*--from calibrate"):
        identify_model(run)


def test_a_model_in_another_precision_has_another_name(exported, trained):
    for path in (exported.run, exported.bundle, trained.model):
        usual, same, other = (identify_model(path, precision=name) for name in (None, "float32", "bfloat16"))
        assert usual == same != other


def test_onnx_runtime_computes_in_float32_whatever_the_model_is_meant_for(bundle):
    record = (bundle / "bundle.json").read_text()
    (bundle / "bundle.json").write_text(record.replace('"precision": "float32"', '"precision": "bfloat16"'))
    assert open_model(bundle, "onnx")[0].protocol.precision == "float32"
    assert identify_model(bundle, "onnx") == identify_model(bundle, "openvino", "float32")
    assert identify_model(bundle, "openvino") == identify_model(bundle, "openvino", "bfloat16")
    assert identify_model(bundle, "onnx") != identify_model(bundle, "openvino")


def test_the_name_of_a_trained_model_is_of_what_it_holds(trained, model):
    name = identify_model(trained.model)
    assert identify_model(model, "compile") == name != identify_model(trained.run)
    record = (model / "config.json").read_text()
    (model / "config.json").write_text(record.replace('"threshold": 0.25', '"threshold": 0.5'))
    assert identify_model(model) != name


def test_a_damaged_bundle_has_no_name(bundle):
    (bundle / "router.onnx").unlink()
    with pytest.raises(CheckpointError, match=r"router\.onnx is missing"):
        identify_model(bundle)


@pytest.fixture
def photograph(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_the_command_gives_the_same_with_a_run_and_its_model(trained, photograph, tmp_path):
    pictures = []
    for number, options in enumerate(
        [
            ["--run", str(trained.run)],
            ["--run", str(trained.model)],
            ["--run", str(trained.model), "--runtime", "eager"],
        ]
    ):
        target = tmp_path / f"{number}.png"
        assert restore.main([str(photograph), "-o", str(target), *options]) == 0
        pictures.append(target.read_bytes())
    assert len(set(pictures)) == 1


@pytest.mark.parametrize("name", ["eager", "onnx", "openvino"])
def test_the_command_restores_with_any_of_them(exported, photograph, tmp_path, name):
    pictures = {}
    for label, options in (("default", []), ("named", ["--runtime", name, "--threads", "1"])):
        target = tmp_path / f"{label}.png"
        path = exported.run if label == "default" else path_for(exported, name)
        assert restore.main([str(photograph), "--run", str(path), "-o", str(target), *options]) == 0
        pictures[label] = np.asarray(Image.open(target)).astype(int)
    assert np.abs(pictures["default"] - pictures["named"]).max() <= 1


def test_a_dry_run_looks_at_the_bundle_too(exported, bundle, photograph, tmp_path, capsys):
    arguments = [str(photograph), "--run", str(bundle), "-o", str(tmp_path / "out"), "--dry-run"]
    assert restore.main(arguments) == 0
    assert "a.png -> " in capsys.readouterr().out
    with pytest.raises(ConfigError, match="needs a run"):
        restore.main([*arguments, "--runtime", "compile"])
    shutil.rmtree(bundle / "routes")
    with pytest.raises(CheckpointError, match="is missing"):
        restore.main(arguments)


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere", "is not there"), ("empty", "holds none"), ("note.txt", "is a file")]
)
@pytest.mark.parametrize("runtime", [None, "compile", "onnx"])
def test_what_is_neither_run_nor_model_nor_bundle(tmp_path, name, said, runtime):
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("mine")
    expected = rf"{name} {said}: expected the folder of a run .*run\.json.*config\.json.*bundle\.json"
    for act in (open_model, identify_model):
        with pytest.raises(StoreError, match=expected):
            act(tmp_path / name, runtime)


def test_a_model_of_the_toolkit_is_no_path():
    with pytest.raises(StoreError, match=r"moei-tiny is not there: .* --model moei-tiny means the model"):
        open_model(Path("moei-tiny"))
