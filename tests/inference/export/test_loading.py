"""A bundle restores what its run does, without PyTorch; a damaged or foreign one says what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.errors import CheckpointError, ConfigError, MoeiError, RegistryError, StoreError
from moei_toolkit.inference.export.loading import load_bundle
from moei_toolkit.inference.export.record import RECORD, read_bundle
from moei_toolkit.inference.restorer import Restorer

ENGINES = ["onnx", "openvino"]


def picture(height: int = 75, width: int = 53) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def edit(bundle, **changes) -> None:
    record = json.loads((bundle / RECORD).read_text())
    (bundle / RECORD).write_text(json.dumps({**record, **changes}))


@pytest.mark.parametrize("engine", ENGINES)
def test_it_decides_and_restores_as_the_run_does(exported, engine):
    run, bundle = Restorer.from_run(exported.run), Restorer.from_bundle(exported.bundle, engine)
    for size in ((1, 1), (3, 200), (32, 32), (75, 53)):
        ours, theirs = bundle.restore(picture(*size)), run.restore(picture(*size))
        np.testing.assert_allclose(ours.image, theirs.image, atol=1e-5)
        assert ours.decision.route == theirs.decision.route
        assert ours.decision.probabilities == pytest.approx(theirs.decision.probabilities, abs=1e-5)
        assert list(ours.decision.probabilities) == list(theirs.decision.probabilities)


def test_what_is_loaded_is_what_was_recorded(exported):
    runtime, decider = load_bundle(exported.bundle)
    record = read_bundle(exported.bundle)
    assert runtime.protocol == record.protocol
    assert runtime.routes == (*record.experts, "dense")
    assert decider.experts == record.experts
    assert decider.threshold == record.threshold
    assert decider.calibrator.state() == record.calibration.state


FOREIGN = ("torch", "mmengine", "safetensors", "albumentations", "lmdb", "matplotlib", "skimage", "lpips")
OWN = ("engine", "pipeline", "losses", "backbones", "experts", "routers", "report", "bench", "evaluation")

RESTORE = """
import sys
import numpy as np
from moei_toolkit.commands.restore import main
code = main(sys.argv[1:])
loaded = sorted(name for name in sys.modules if sys.modules[name] is not None)
print(*loaded, sep="\\n", file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_a_photograph_is_restored_without_pytorch_or_anything_that_trains(exported, tmp_path, engine):
    from PIL import Image

    Image.fromarray(picture()).save(tmp_path / "a.png")
    arguments = [str(tmp_path / "a.png"), "--run", str(exported.bundle), "-o", str(tmp_path / "b.png")]
    done = subprocess.run(
        [sys.executable, "-c", RESTORE, *arguments, "--runtime", engine, "--threads", "1"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.splitlines())
    assert {"numpy", {"onnx": "onnxruntime"}.get(engine, engine)} <= loaded
    assert [name for name in FOREIGN if name in loaded] == []
    own = {name.split(".")[1] for name in loaded if name.startswith("moei_toolkit.")}
    assert own.isdisjoint(OWN)
    restored = np.asarray(Image.open(tmp_path / "b.png")) / 255
    expected = Restorer.from_run(exported.run).restore(picture()).image
    np.testing.assert_allclose(restored, expected, atol=0.5 / 255 + 1e-4)


def test_an_unknown_runtime(exported):
    with pytest.raises(ConfigError, match=r"no runtime 'onxx'\. Did you mean 'onnx'"):
        load_bundle(exported.bundle, "onxx")


def test_a_bundle_that_is_not_there(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere/bundle\.json: No such file.*tools/export\.py"):
        load_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["describe.onnx", "router.onnx", "routes/first.onnx", "routes/dense.onnx"])
def test_a_file_that_was_changed_or_removed(bundle, name):
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{name} is damaged: its SHA-256.*Export it again"):
        load_bundle(bundle)
    (bundle / name).unlink()
    with pytest.raises(CheckpointError, match=rf"{name} is missing"):
        load_bundle(bundle)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_is_no_graph_though_its_hash_is_right(bundle, engine):
    from moei_toolkit.io.hashing import sha256_file

    (bundle / "router.onnx").write_bytes(b"no graph")
    files = {**read_json(bundle)["files"], "router.onnx": sha256_file(bundle / "router.onnx")}
    edit(bundle, files=files)
    restorer = Restorer.from_bundle(bundle, engine)
    with pytest.raises(CheckpointError, match=r"router\.onnx: .* cannot open it"):
        restorer.restore(picture())


def read_json(bundle) -> dict:
    return json.loads((bundle / RECORD).read_text())


PROTOCOL = {"overview_size": 16, "probe_size": 16, "probes": 1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "other.bundle"}, "describes no bundle: expected the format 'moei_toolkit.bundle'"),
        ({"version": 2}, "has version 2; this toolkit reads 1"),
        ({"version": None}, "has version None"),
        ({"threshold": -0.1}, "damaged: threshold"),
        ({"threshold": float("nan")}, "damaged: NaN is no JSON"),
        ({"experts": []}, "damaged: experts"),
        ({"experts": ["../../first"]}, "damaged: experts"),
        ({"experts": ["first", "third"]}, r"does not list routes/third\.onnx"),
        ({"experts": ["first", "first"]}, "damaged: .*experts of different names, got first, first"),
        ({"threshold": 5.0}, "damaged: threshold"),
        ({"files": {}}, r"does not list describe\.onnx"),
        ({"protocol": {"overview_size": 16}}, "damaged: protocol"),
        (
            {"protocol": {"overview_size": 16, "probe_size": 16, "probes": 1, "precision": "half"}},
            "protocol.precision: Input should be 'float32', 'bfloat16' or 'float16'",
        ),
        ({"protocol": {**PROTOCOL, "overview_size": 0}}, "damaged: .*overview_size"),
        ({"protocol": {**PROTOCOL, "overview_size": 10**6}}, "damaged: .*overview_size"),
        ({"protocol": {**PROTOCOL, "probes": 10**9}}, "damaged: .*probes"),
        ({"protocol": {**PROTOCOL, "scope": "x"}}, "damaged: .*scope"),
        ({"protocol": {**PROTOCOL, "overlap": 512}}, "damaged: .*expected overlap < tile"),
        ({"protocol": {**PROTOCOL, "guides": {"first": 0}}}, "damaged: .*guides"),
        ({"protocol": {**PROTOCOL, "guides": {"nope": 160}}}, "damaged: .*guides of experts, got 'nope'"),
        ({"protocol": {**PROTOCOL, "align": 0}}, "damaged: .*align of 1 or more, got 0"),
        ({"calibration": {"component": {"type": "temperature"}}}, r"damaged: calibration\.state"),
        ({"colour": "blue"}, "damaged: colour"),
    ],
)
def test_a_record_that_does_not_fit(bundle, changes, said):
    edit(bundle, **changes)
    with pytest.raises(CheckpointError, match=said):
        load_bundle(bundle)


@pytest.mark.parametrize("engine", ENGINES)
def test_views_that_are_not_those_of_the_graph(bundle, engine):
    protocol = json.loads((bundle / RECORD).read_text())["protocol"]
    edit(bundle, protocol={**protocol, "probes": protocol["probes"] + 1})
    with pytest.raises(
        CheckpointError, match=r"describe\.onnx: expected a graph that takes overview .* as the"
    ):
        Restorer.from_bundle(bundle, engine).restore(picture())


@pytest.mark.parametrize("engine", ENGINES)
def test_experts_that_are_not_those_of_the_router(bundle, engine):
    edit(bundle, experts=["first"])
    with pytest.raises(CheckpointError, match=r"router\.onnx: expected logits of 1 experts, as the record"):
        Restorer.from_bundle(bundle, engine).restore(picture())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "\xff", "[" * 100_000])
def test_a_damaged_record(bundle, text):
    (bundle / RECORD).write_text(text, encoding="latin-1")
    with pytest.raises(CheckpointError, match=r"bundle\.json (is damaged|describes no bundle)"):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("component", "state", "error", "said"),
    [
        (
            {"type": "temprature"},
            {},
            RegistryError,
            r"bundle\.json: .*'temprature'\. Did you mean 'temperature'",
        ),
        ({}, {}, RegistryError, r"expected dict\(type='name'"),
        ({"type": "temperature", "hot": 1}, {}, RegistryError, "unknown argument 'hot'"),
        ({"type": "temperature"}, {}, CheckpointError, "expected a calibration, got KeyError"),
        ({"type": "temperature"}, {"temperature": -1, "at_bound": False}, CheckpointError, "got ValueError"),
    ],
)
def test_a_calibrator_that_cannot_be_made(bundle, component, state, error: type[MoeiError], said):
    edit(bundle, calibration={"component": component, "state": state})
    with pytest.raises(error, match=said):
        load_bundle(bundle)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_learned_rule_decides_from_a_bundle_too(bundle, engine):
    rule = Selective()
    rule.load_state({"weights": [0.5] * 16, "bias": -0.25})
    kept = {"type": "conformal", "level": 0.2, "bound": 6.0, "rule": {"type": "selective", "coverage": 0.8}}
    edit(bundle, abstention={"component": kept, "state": rule.state()})
    restorer = Restorer.from_bundle(bundle, engine)
    g = restorer.runtime.describe(picture())
    assert restorer.restore(picture()).decision.confidence == rule.scores(g, np.zeros((1, 2)))[0]


def test_an_abstention_rule_that_is_not_there(bundle):
    edit(bundle, abstention={"component": {"type": "selectve"}, "state": {}})
    with pytest.raises(RegistryError, match=r"'selectve'\. Did you mean 'selective'"):
        load_bundle(bundle)
    edit(bundle, abstention={"component": {"type": "selective"}, "state": {}})
    with pytest.raises(CheckpointError, match="expected a calibration, got KeyError"):
        load_bundle(bundle)
