"""A compiled network gives what the network gives."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from tiny_run import EXPERTS, PROTOCOL, make_runtime

from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.runtimes.compiled import CompiledRuntime
from moei_toolkit.types import DENSE

G = np.random.default_rng(1).random((1, 16), np.float32)


def tiles(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).random(shape, np.float32)


@pytest.fixture(autouse=True)
def forget() -> None:
    torch.compiler.reset()


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks be traced as for compiling, and run without: that takes no compiler and little time."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))


def test_a_compiled_network_gives_the_same():
    eager = make_runtime()
    compiled = CompiledRuntime(eager)
    x = tiles(1, 3, 32, 32)
    np.testing.assert_allclose(
        compiled.restore_tiles(x, EXPERTS[0], G), eager.restore_tiles(x, EXPERTS[0], G), atol=1e-5
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_route_and_shape(traced, precision):
    eager = make_runtime(protocol=replace(PROTOCOL, precision=precision))
    compiled = CompiledRuntime(eager)
    assert compiled.routes == (*EXPERTS, DENSE)
    assert compiled.protocol == eager.protocol
    for shape in ((1, 3, 32, 32), (2, 3, 7, 31)):
        for route in compiled.routes:
            x = tiles(*shape)
            expected = eager.restore_tiles(x, route, G)
            np.testing.assert_allclose(compiled.restore_tiles(x, route, G), expected, atol=1e-6)


def test_it_is_not_compiled_anew_for_every_shape(traced):
    compiled, counters = CompiledRuntime(make_runtime()), torch._dynamo.utils.counters
    for shape in ((1, 3, 32, 32), (1, 3, 20, 24)):
        compiled.restore_tiles(tiles(*shape), DENSE, G)
    before = counters["stats"]["unique_graphs"]
    for side in range(5, 25):
        compiled.restore_tiles(tiles(1, 3, side, 2 * side + 1), DENSE, G)
    assert counters["stats"]["unique_graphs"] == before > 0


def test_images(traced):
    eager, image = make_runtime(), np.random.default_rng(0).integers(0, 256, (70, 45, 3), dtype=np.uint8)
    compiled = CompiledRuntime(eager)
    g = compiled.describe(image)
    np.testing.assert_array_equal(g, eager.describe(image))
    np.testing.assert_allclose(compiled.restore(image, DENSE, g), eager.restore(image, DENSE, g), atol=1e-6)


def test_without_a_compiler_it_says_so_and_names_the_other_way(monkeypatch):
    def refuse(*arguments: object) -> None:
        raise RuntimeError("No working C++ compiler found in CXX")

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=refuse))
    with pytest.raises(ConfigError, match=r"'compile': torch cannot.*No working C\+\+.*'eager' needs none"):
        CompiledRuntime(make_runtime()).restore_tiles(tiles(1, 3, 32, 32), DENSE, G)
