"""Whatever runs the networks, they give the same; memory and packages that lack are said in one way."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from tiny_run import EXPERTS

from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.export.record import graphs_in, read_bundle
from moei_toolkit.inference.loading.opening import open_model
from moei_toolkit.inference.loading.run import load_run
from moei_toolkit.inference.runtimes import openvino
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.runtimes.engines import ENGINES
from moei_toolkit.types import DENSE

ROUTES = (*EXPERTS, DENSE)
SIZES = [(1, 1), (1, 40), (40, 1), (2, 3), (4, 4), (31, 17), (32, 32), (33, 50)]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request, exported):
    return open_model(exported.bundle, request.param)[0]


@pytest.fixture(scope="module")
def eager(exported):
    return load_run(exported.run)[0]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("route", ROUTES)
def test_tiles_of_any_size_and_number(engine, eager, route, size):
    g = noise(1, 16)
    for batch in (1, 3):
        tiles = noise(batch, 3, *size)
        restored = engine.restore_tiles(tiles, route, g)
        assert restored.dtype == np.float32
        np.testing.assert_allclose(restored, eager.restore_tiles(tiles, route, g), atol=2e-5)


def test_descriptions(engine, eager):
    views = noise(3, 16, 16), noise(2, 3, 16, 16)
    np.testing.assert_allclose(engine.describe_views(*views), eager.describe_views(*views), atol=1e-4)


def test_whole_images(engine, eager):
    image = np.random.default_rng(1).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    g = engine.describe(image)
    np.testing.assert_allclose(engine.restore(image, "first", g), eager.restore(image, "first", g), atol=2e-5)


class Calls:
    """Restores tiles, and notes how many there were in each call."""

    def __init__(self, runtime: Runtime) -> None:
        self._restore = runtime.restore_tiles
        self.sizes: list[int] = []

    def __call__(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        self.sizes.append(len(tiles))
        return self._restore(tiles, route, g)


def test_several_tiles_per_call_give_the_same_image(engine, eager, monkeypatch):
    image = np.random.default_rng(1).integers(0, 256, (90, 170, 3), dtype=np.uint8)
    g = engine.describe(image)
    for runtime in (engine, eager, eager.wearing({}), eager.under(eager.protocol)):
        several = runtime.in_batches(4)
        calls = Calls(several)
        monkeypatch.setattr(several, "restore_tiles", calls)
        together, one_by_one = several.restore(image, "first", g), runtime.restore(image, "first", g)
        np.testing.assert_allclose(together, one_by_one, atol=2e-5)
        assert max(calls.sizes) > 1
        assert several.in_precision("float32").batch == 4
        assert runtime.batch == 1
    with pytest.raises(ConfigError, match="batch: expected 1 tile per call or more, got 0"):
        engine.in_batches(0)


@pytest.mark.parametrize("side", [31, 32])  # of the last tile of a row, and of a whole one
def test_what_is_returned_is_not_overwritten_by_the_next_call(engine, side):
    g = noise(1, 16)
    first = engine.restore_tiles(noise(1, 3, side, side), "first", g)
    kept = first.copy()
    engine.restore_tiles(noise(1, 3, side, side) * 0, "first", g)
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("side", [31, 32])
def test_tiles_that_may_not_be_written_to_and_lie_scattered(engine, eager, side):
    tiles, g = noise(1, 3, 40, 2 * side)[..., ::2], noise(1, 16)
    tiles.flags.writeable = False
    expected = eager.restore_tiles(np.ascontiguousarray(tiles), "first", g)
    np.testing.assert_allclose(engine.restore_tiles(tiles, "first", g), expected, atol=2e-5)


def test_the_number_of_threads_changes_nothing(exported, engine):
    one = type(engine)(graphs_in(exported.bundle, EXPERTS), engine.protocol, threads=1)
    tiles, g = noise(2, 3, 32, 32), noise(1, 16)
    found, expected = (runtime.restore_tiles(tiles, "first", g) for runtime in (one, engine))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    with pytest.raises(ConfigError, match="threads: expected 1 to 256, got 0"):
        type(engine)(graphs_in(exported.bundle, EXPERTS), engine.protocol, threads=0)


class CountingCore:
    """OpenVINO's, and how often it has read and compiled a graph."""

    def __init__(self) -> None:
        self.core = openvino._core()
        self.read = self.compiled = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.core, name)

    def read_model(self, path: str) -> Any:
        self.read += 1
        return self.core.read_model(path)

    def compile_model(self, *arguments: Any) -> Any:
        self.compiled += 1
        return self.core.compile_model(*arguments)


@pytest.fixture
def counted(exported, monkeypatch) -> tuple[Runtime, CountingCore]:
    core = CountingCore()
    monkeypatch.setattr(openvino, "_core", lambda: core)
    return open_model(exported.bundle, "openvino", threads=1)[0], core


def test_openvino_compiles_a_network_for_whole_tiles_and_once_for_all_others(counted):
    runtime, core = counted
    tile = runtime.protocol.tile
    for _ in range(2):
        for size in ((1, 1), (tile, tile), (tile, tile - 1), (5, tile), (3, 7)):
            runtime.restore_tiles(noise(1, 3, *size), "first", noise(1, 16))
    assert (core.read, core.compiled) == (1, 2)
    batches = runtime.in_batches(2)
    for count in (2, 1, 2):  # the last tiles of a row may be fewer
        batches.restore_tiles(noise(count, 3, tile, tile), "first", noise(1, 16))
    assert (core.read, core.compiled) == (1, 3)


def test_openvino_keeps_what_an_image_takes_along_four_routes_and_no_more(counted):
    runtime, core = counted
    tile = runtime.protocol.tile
    for side in (*range(tile, tile + 11), tile):
        runtime.restore_tiles(noise(1, 3, side, side), "first", noise(1, 16))
    assert core.compiled == 12  # the eleventh took the place of the first
    runtime.restore_tiles(noise(1, 3, tile + 10, tile + 10), "first", noise(1, 16))
    assert core.compiled == 12


def test_openvino_compiles_anew_before_shapes_add_up(counted):
    runtime, core = counted
    g = noise(1, 16)
    for _ in range(2):
        for width in range(1, 33):
            runtime.restore_tiles(noise(1, 3, 2, width), "first", g)
    assert core.compiled == 1
    runtime.restore_tiles(noise(1, 3, 3, 1), "first", g)
    runtime.restore_tiles(noise(1, 3, 2, 1), "first", g)
    assert core.compiled == 2


@pytest.mark.parametrize("said", ["can't alloc", "Resource temporarily unavailable"])
def test_openvino_gives_up_all_that_it_holds_where_memory_runs_out(counted, monkeypatch, said):
    runtime, core = counted
    g = noise(1, 16)
    runtime.restore_tiles(noise(1, 3, 8, 8), "first", g)
    with monkeypatch.context() as short:
        short.setattr(core, "compile_model", Mock(side_effect=RuntimeError(f"src/plugin.cpp:54: {said}")))
        with pytest.raises(MemoryError):
            runtime.restore_tiles(noise(1, 3, 64, 64), "first", g)
    runtime.restore_tiles(noise(1, 3, 8, 8), "first", g)
    assert core.compiled == 2


@pytest.mark.parametrize("side", [31, 64])
@pytest.mark.parametrize("name", list(ENGINES))
def test_single_precision_is_not_left_to_the_engine(exported, eager, name, side):
    protocol = replace(read_bundle(exported.bundle).protocol, precision="float32")
    runtime = ENGINES[name](graphs_in(exported.bundle, EXPERTS), protocol)
    tiles, g = noise(1, 3, side, side), noise(1, 16)
    difference = runtime.restore_tiles(tiles, "first", g) - eager.restore_tiles(tiles, "first", g)
    assert np.abs(difference).max() < 1e-5  # bfloat16 keeps 8 bits: about 1e-2


@pytest.mark.parametrize(("name", "package"), [("onnx", "onnxruntime"), ("openvino", "openvino")])
def test_a_missing_package_is_named_with_what_installs_it(exported, monkeypatch, name, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(openvino, "_core", openvino._core.__wrapped__)
    with pytest.raises(ConfigError, match=rf"'{package}'.*pip install 'moei_toolkit\[{name}\]'"):
        open_model(exported.bundle, name)


EXHAUST = """
import resource, sys
from pathlib import Path
import numpy as np
from moei_toolkit.inference.loading.opening import open_model

runtime, _ = open_model(Path(sys.argv[1]), sys.argv[2], threads=1)
count = int(sys.argv[3])  # OpenVINO has compiled for one whole tile, and for any shape besides
g, small = np.zeros((1, 16), np.float32), np.ones((1, 3, 32, 32), np.float32)
before = runtime.restore_tiles(small, "first", g)
large = np.zeros((count, 3, 2048, 2048), np.float32)
runtime.restore_tiles(np.zeros((count, 3, 64, 64), np.float32), "first", g)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + large.nbytes // 8,) * 2)
try:
    runtime.restore_tiles(large, "first", g)
except MemoryError:
    np.testing.assert_array_equal(runtime.restore_tiles(small, "first", g), before)
    print("said so, and goes on")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
@pytest.mark.parametrize(("name", "count"), [*((name, 1) for name in ("eager", *ENGINES)), ("openvino", 2)])
def test_when_memory_really_runs_out_it_is_a_memory_error(exported, name, count):
    path = exported.run if name == "eager" else exported.bundle
    command = [sys.executable, "-c", EXHAUST, str(path), name, str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "said so, and goes on\n", done.stderr


IMPORT = """
import os, socket
socket.socket.connect = lambda *arguments: print("connected", arguments)
from moei_toolkit.inference.runtimes.openvino import _import_openvino
before = dict(os.environ)
_import_openvino()
assert dict(os.environ) == before
import openvino_telemetry
print("consent", openvino_telemetry.Telemetry().consent)
"""


@pytest.mark.parametrize("setting", [None, "false", "true"])
def test_openvino_reports_to_nobody_and_the_environment_stays(tmp_path, monkeypatch, setting):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    if setting is not None:
        monkeypatch.setenv("CI", setting)
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("consent False\n", 0), done.stderr
    assert list(tmp_path.iterdir()) == []


def in_bfloat16(exported, name):
    path = exported.run if name in ("eager", "compile") else exported.bundle
    try:
        return open_model(path, name, precision="bfloat16")[0]
    except ConfigError as error:
        if name == "openvino" and "on this processor" in str(error):
            pytest.skip("this processor has no bfloat16")
        raise


@pytest.mark.parametrize("name", ["eager", "openvino"])
def test_tiles_in_half_precision_are_near_those_in_single(exported, eager, name):
    runtime = in_bfloat16(exported, name)
    assert runtime.protocol == replace(eager.protocol, precision="bfloat16", align=runtime.protocol.align)
    views, tiles, g = (noise(3, 16, 16), noise(2, 3, 16, 16)), noise(1, 3, 64, 64), noise(1, 16)
    difference = np.abs(runtime.restore_tiles(tiles, "first", g) - eager.restore_tiles(tiles, "first", g))
    assert 1e-5 < difference.mean() < 0.01
    np.testing.assert_allclose(runtime.describe_views(*views), eager.describe_views(*views), atol=1e-4)


def test_and_back_again_they_are_the_same(exported, eager):
    tiles, g = noise(1, 3, 64, 64), noise(1, 16)
    again = eager.in_precision("bfloat16").in_precision("float32")
    np.testing.assert_array_equal(
        again.restore_tiles(tiles, "first", g), eager.restore_tiles(tiles, "first", g)
    )


def test_a_precision_that_a_runtime_lacks_is_refused(exported):
    with pytest.raises(ConfigError, match=r"'bfloat16'.*computes in 'float32' only"):
        open_model(exported.bundle, "onnx", precision="bfloat16")
    with pytest.raises(ConfigError, match=r"'float16'.*OpenVINO has 'float32'"):
        open_model(exported.bundle, "openvino", precision="float16")
    with pytest.raises(ConfigError, match=r"'float17'.*Did you mean 'float16'"):
        open_model(exported.run, "eager", precision="float17")
    assert open_model(exported.bundle, "onnx", precision="float32")[0].protocol.precision == "float32"
