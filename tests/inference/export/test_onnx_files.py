"""A graph does what its network does, at every size, or there is none."""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime
import pytest
import torch
from tiny_run import make_backbone
from torch import Tensor, nn

from moei_toolkit.errors import ConfigError, ExportError
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.export.onnx_files import write_graph
from moei_toolkit.inference.route import Route

SIDES = {"x": {0: "batch", 2: "height", 3: "width"}}


class Doubling(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * x


class LowRank(Expert):
    """Changes the weights of the tail by a product of two thin matrices."""

    def __init__(self, tail: nn.Conv2d) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        out, per_pixel = tail.out_channels, tail.weight[0].numel()
        self.up = nn.Parameter(torch.randn(out, 2, generator=generator) / 10)
        self.down = nn.Parameter(torch.randn(2, per_pixel, generator=generator) / 10)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        if site != "tail":
            return block(x)
        weight = block.weight + (self.up @ self.down).view_as(block.weight)
        return nn.functional.conv2d(x, weight, block.bias, padding=1)


def run(path, **inputs: np.ndarray) -> np.ndarray:
    return onnxruntime.InferenceSession(str(path)).run(None, inputs)[0]


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for name in ("a.onnx", "b.onnx"):
        write_graph(tmp_path / name, Doubling().eval(), {"x": torch.zeros(2, 3, 5, 7)}, "y", SIDES)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    x = np.random.default_rng(0).random((1, 3, 1, 20), np.float32)
    np.testing.assert_array_equal(run(tmp_path / "a.onnx", x=x), 2 * x)


def test_an_expert_that_changes_weights_needs_no_help(tmp_path):
    backbone = make_backbone().eval()
    network = Route(backbone, [LowRank(backbone.block("tail"))]).eval()
    inputs = {"tiles": torch.zeros(2, 3, 11, 13), "g": torch.zeros(1, 16)}
    sides = {"tiles": SIDES["x"]}
    write_graph(tmp_path / "low_rank.onnx", network, inputs, "restored", sides)
    tiles, g = torch.rand(1, 3, 20, 9), torch.rand(1, 16)
    with torch.no_grad():
        expected, dense = network(tiles, g), Route(backbone, [Dense()])(tiles, g)
    found = run(tmp_path / "low_rank.onnx", tiles=tiles.numpy(), g=g.numpy())
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (expected - dense).abs().max() > 0.01


class Undecided(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if float(x.mean()) > 0.5 else -x


class OfOneSize(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :5] + torch.ones(5, 7)


@pytest.mark.parametrize("network", [Undecided(), OfOneSize()], ids=lambda network: type(network).__name__)
def test_a_network_that_cannot_be_traced_for_every_input_is_refused(tmp_path, network):
    with pytest.raises(ExportError, match=r"net.onnx: the network cannot be exported: \w+"):
        write_graph(tmp_path / "net.onnx", network.eval(), {"x": torch.zeros(2, 3, 5, 7)}, "y", SIDES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_missing_package_is_named_with_what_installs_it(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=rf"'{package}'.*pip install 'moei_toolkit\[export\]'"):
        write_graph(tmp_path / "net.onnx", Doubling().eval(), {"x": torch.zeros(2, 3, 5, 7)}, "y", SIDES)
