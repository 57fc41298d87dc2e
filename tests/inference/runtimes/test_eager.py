"""A picture restored by tiles is the picture restored whole, along every route."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_run import EXPERTS, PROTOCOL, make_runtime
from torch import nn

from moei_toolkit.data.streamed_views import read_views
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.images.pixel_source import ArraySource
from moei_toolkit.types import DENSE


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


@torch.no_grad()
def restore_whole(runtime: EagerRuntime, x: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
    planes = torch.from_numpy(x.transpose(2, 0, 1).copy()).unsqueeze(0)
    features, expert = runtime.backbone.encode(planes), runtime.experts[route]
    restored = runtime.backbone.decode(features, planes, expert, torch.from_numpy(g))
    return restored[0].clamp(0, 1).numpy().transpose(1, 2, 0)


def restore_tiled(runtime: EagerRuntime, x: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
    parts = list(runtime.restore_rows(x, route, g))
    assert [top for top, _ in parts] == np.cumsum([0, *(len(rows) for _, rows in parts)]).tolist()[:-1]
    return np.concatenate([rows for _, rows in parts])


@torch.no_grad()
def make_pointwise(runtime: EagerRuntime) -> EagerRuntime:
    """Let every 3x3 convolution see its middle only, and no descriptor matter."""
    for net in (runtime.backbone, *runtime.experts.values()):
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                middle = layer.weight[..., 1, 1].clone()
                layer.weight.zero_()
                layer.weight[..., 1, 1] = middle
    for film in runtime.backbone.film:
        film.weight.zero_()
        film.bias.zero_()
    return runtime


@pytest.mark.parametrize("route", [*EXPERTS, DENSE])
def test_tiles_agree_exactly_where_no_pixel_sees_another(route: str):
    runtime, x = make_pointwise(make_runtime()), picture(80, 104)
    g = np.zeros((1, 16), np.float32)
    tiled = restore_tiled(runtime, x, route, g)
    np.testing.assert_allclose(tiled, restore_whole(runtime, x, route, g), atol=1e-5)
    assert np.abs(tiled - x).mean() > 0.01


@pytest.mark.parametrize("route", [*EXPERTS, DENSE])
def test_away_from_the_edges_of_tiles_they_agree_under_one_descriptor(route: str):
    protocol = Protocol(overview_size=16, probe_size=16, probes=2, tile=64, overlap=16)
    runtime, x = make_runtime(protocol=protocol), picture(110, 61)
    g = runtime.describe(x)
    difference = restore_tiled(runtime, x, route, g) - restore_whole(runtime, x, route, g)
    reach = 20
    assert runtime.protocol.align == 4
    assert np.abs(difference[: 48 - reach]).max() < 1e-5  # 110 - 64 is 46, but no multiple of 4
    assert np.abs(difference[64 + reach :]).max() < 1e-5


def test_all_routes_at_once_are_each_route_alone():
    runtime, x = make_runtime(), picture(50, 70)
    g = runtime.describe(x)
    together = runtime.restore_routes(x, g)
    assert list(together) == [*EXPERTS, DENSE]
    for route, restored in together.items():
        np.testing.assert_allclose(restored, restore_tiled(runtime, x, route, g), atol=1e-6)


def test_dense_does_not_depend_on_the_experts_beside_it():
    runtime, x = make_runtime(), picture(40, 40)
    alone = EagerRuntime(runtime.backbone, {}, PROTOCOL)
    g = runtime.describe(x)
    np.testing.assert_array_equal(alone.describe(x), g)
    assert restore_tiled(alone, x, DENSE, g).tobytes() == restore_tiled(runtime, x, DENSE, g).tobytes()


def test_the_description_is_of_overview_and_probes():
    runtime, x = make_runtime(), picture(60, 90)
    views = read_views(ArraySource(x), 16, 16, 2)
    overview, probes = (torch.from_numpy(view).unsqueeze(0) for view in views)
    with torch.no_grad():
        description = describe_views(runtime.backbone, overview, probes)
        backbone = runtime.backbone
        parts = [backbone.summarize(backbone.encode(p), p) for p in probes[0].split(1)]
        whole = backbone.summarize(backbone.encode(overview), overview)
        expected = backbone.describe(whole, torch.stack(parts, 1))
    torch.testing.assert_close(description.g, expected)
    np.testing.assert_array_equal(runtime.describe(x), description.g.numpy())
    assert [len(level) for level in description.probe_features] == [2, 2]


def test_what_it_is_given_is_put_into_evaluation_mode():
    runtime = make_runtime()
    assert not any(net.training for net in (runtime.backbone, *runtime.experts.values()))


def test_it_uses_as_many_threads_as_it_was_told_and_leaves_the_others_alone():
    before, seen = torch.get_num_threads(), []
    runtime = EagerRuntime(make_runtime().backbone, {}, PROTOCOL, threads=3)
    describe = runtime.backbone.describe
    runtime.backbone.describe = lambda *views: seen.append(torch.get_num_threads()) or describe(*views)
    g = runtime.describe(picture(20, 20))
    runtime.run(lambda x, g: seen.append(torch.get_num_threads()) or x, np.zeros((1, 3, 8, 8), np.float32), g)
    assert seen == [3, 3]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("threads", [0, -1])
def test_without_a_thread_nothing_runs(threads: int):
    with pytest.raises(ConfigError, match=f"threads: expected 1 to 256, got {threads}"):
        EagerRuntime(make_runtime().backbone, {}, PROTOCOL, threads=threads)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: can't allocate memory: you tried"
        ),
        RuntimeError("could not create a primitive"),
    ],
    ids=["gpu", "cpu", "convolutions on the cpu"],
)
def test_whatever_device_has_run_out_of_memory_it_is_a_memory_error(error: Exception):
    def exhausted(x: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        raise error

    with pytest.raises(MemoryError):
        make_runtime().run(exhausted, np.zeros((1, 3, 8, 8), np.float32), np.zeros((1, 16), np.float32))


@pytest.mark.parametrize("said", ["expected 3 channels", "could not create a primitive descriptor for ..."])
def test_other_errors_of_a_network_stay_what_they_are(said: str):
    def broken(x: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
        raise RuntimeError(said)

    with pytest.raises(RuntimeError, match=said):
        make_runtime().run(broken, np.zeros((1, 3, 8, 8), np.float32), np.zeros((1, 16), np.float32))
