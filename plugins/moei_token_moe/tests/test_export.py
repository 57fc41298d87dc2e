"""A mixture becomes a graph that takes features of any size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from moei_token_moe.bottlenecks import Bottlenecks
from moei_token_moe.gates import VMoEGate
from moei_token_moe.mixture import TokenMixture
from torch import Tensor, nn

from moei_toolkit.inference.export.onnx_files import write_graph
from moei_toolkit.testing.modules import shake

pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.slow


class Added(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.mixture = shake(TokenMixture(VMoEGate(8, 4, 2), Bottlenecks(8, 4, 4), 2, Fraction(7, 10)))

    def forward(self, h: Tensor) -> Tensor:
        return self.mixture(h)[0]


def test_a_graph_gives_what_the_mixture_does(tmp_path):
    added = Added().eval()
    sides = {"h": {0: "batch", 2: "height", 3: "width"}}
    write_graph(tmp_path / "added.onnx", added, {"h": torch.zeros(2, 8, 5, 7)}, "added", sides)
    session = onnxruntime.InferenceSession(str(tmp_path / "added.onnx"))
    for shape in ((2, 8, 5, 7), (1, 8, 16, 16), (3, 8, 6, 25)):
        h = torch.randn(shape, generator=torch.Generator().manual_seed(1))
        (found,) = session.run(None, {"h": h.numpy()})
        with torch.inference_mode():
            np.testing.assert_allclose(found, added(h), atol=1e-4)
