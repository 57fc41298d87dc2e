"""A picture restored by tiles is the picture restored whole, along every route."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_run import EXPERTS, PROTOCOL, make_routed
from torch import nn

from moei_toolkit.data.views import make_overview, make_probes
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.inference.routed import Protocol, RoutedBackbone
from moei_toolkit.types import DENSE


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


@torch.no_grad()
def restore_whole(routed: RoutedBackbone, x: np.ndarray, route: str, g: torch.Tensor) -> np.ndarray:
    planes = torch.from_numpy(x.transpose(2, 0, 1).copy()).unsqueeze(0)
    restored = routed.backbone.decode(routed.backbone.encode(planes), planes, routed.routes[route], g)
    return restored[0].clamp(0, 1).numpy().transpose(1, 2, 0)


def restore_tiled(routed: RoutedBackbone, x: np.ndarray, route: str, g: torch.Tensor) -> np.ndarray:
    parts = list(routed.restore_rows(x, route, g))
    assert [top for top, _ in parts] == np.cumsum([0, *(len(rows) for _, rows in parts)]).tolist()[:-1]
    return np.concatenate([rows for _, rows in parts])


@torch.no_grad()
def make_pointwise(routed: RoutedBackbone) -> RoutedBackbone:
    """Let every 3x3 convolution see its middle only, and no descriptor matter."""
    for net in (routed.backbone, *routed.routes.values()):
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                middle = layer.weight[..., 1, 1].clone()
                layer.weight.zero_()
                layer.weight[..., 1, 1] = middle
    for film in routed.backbone.film:
        film.weight.zero_()
        film.bias.zero_()
    return routed


@pytest.mark.parametrize("route", [*EXPERTS, DENSE])
def test_tiles_agree_exactly_where_no_pixel_sees_another(route: str):
    routed, x = make_pointwise(make_routed()), picture(80, 104)
    g = torch.zeros(1, 16)
    tiled = restore_tiled(routed, x, route, g)
    np.testing.assert_allclose(tiled, restore_whole(routed, x, route, g), atol=1e-5)
    assert np.abs(tiled - x).mean() > 0.01


@pytest.mark.parametrize("route", [*EXPERTS, DENSE])
def test_away_from_the_edges_of_tiles_they_agree_under_one_descriptor(route: str):
    protocol = Protocol(overview_size=16, probe_size=16, probes=2, tile=64, overlap=16)
    routed, x = make_routed(protocol=protocol), picture(112, 64)
    g = routed.describe(x)
    difference = restore_tiled(routed, x, route, g) - restore_whole(routed, x, route, g)
    reach = 20
    assert np.abs(difference[: 48 - reach]).max() < 1e-5
    assert np.abs(difference[64 + reach :]).max() < 1e-5


def test_all_routes_at_once_are_each_route_alone():
    routed, x = make_routed(), picture(50, 70)
    g = routed.describe(x)
    together = routed.restore_routes(x, g)
    assert list(together) == [*EXPERTS, DENSE]
    for route, restored in together.items():
        np.testing.assert_allclose(restored, restore_tiled(routed, x, route, g), atol=1e-6)


def test_dense_does_not_depend_on_the_experts_beside_it():
    routed, x = make_routed(), picture(40, 40)
    alone = RoutedBackbone(routed.backbone, {}, PROTOCOL)
    g = routed.describe(x)
    assert torch.equal(alone.describe(x), g)
    assert restore_tiled(alone, x, DENSE, g).tobytes() == restore_tiled(routed, x, DENSE, g).tobytes()


def test_the_description_is_of_overview_and_probes():
    routed, x = make_routed(), picture(60, 90)
    overview = torch.from_numpy(make_overview(x, 16)).unsqueeze(0)
    probes = torch.from_numpy(make_probes(x, 16, 2)).unsqueeze(0)
    with torch.no_grad():
        description = describe_views(routed.backbone, overview, probes)
        backbone = routed.backbone
        parts = [backbone.summarize(backbone.encode(p), p) for p in probes[0].split(1)]
        whole = backbone.summarize(backbone.encode(overview), overview)
        expected = backbone.describe(whole, torch.stack(parts, 1))
    torch.testing.assert_close(description.g, expected)
    assert torch.equal(routed.describe(x), description.g)
    assert [len(level) for level in description.probe_features] == [2, 2]


def test_what_it_is_given_is_put_into_evaluation_mode():
    routed = make_routed()
    assert not any(net.training for net in (routed.backbone, *routed.routes.values()))
