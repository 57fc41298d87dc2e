"""Every other built-in backbone becomes a graph that takes any size and gives what the network gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from moei_toolkit.experts.lora import LoRA
from moei_toolkit.inference.export.checking import TOLERANCE
from moei_toolkit.inference.export.networks import Describe
from moei_toolkit.inference.export.onnx_files import write_graph
from moei_toolkit.inference.folding import fold
from moei_toolkit.inference.route import Route
from moei_toolkit.registry import BACKBONES
from moei_toolkit.testing.modules import shake

pytestmark = pytest.mark.slow

BUILT = [
    pytest.param(
        "dehazexl",
        {"width": 32, "depths": [1, 1, 1, 1], "mixer_blocks": 1, "region": 64},
        marks=pytest.mark.long,
    ),
    pytest.param("timm_unet", {"encoder": "resnet10t", "blocks": 1}, marks=pytest.mark.long),
]


@pytest.mark.parametrize(("name", "options"), BUILT)
def test_tiles_of_any_size_and_number(tmp_path: Path, name: str, options: dict[str, object]):
    torch.manual_seed(0)
    backbone = shake(BACKBONES.build({"type": name, "descriptor_dim": 16, **options})).eval()
    network = Route(backbone, [fold(shake(LoRA(backbone)), backbone)]).eval()
    example = {"tiles": torch.zeros(2, 3, 131, 133), "g": torch.zeros(1, 16)}
    sides = {"tiles": {0: "batch", 2: "height", 3: "width"}}
    write_graph(tmp_path / "route.onnx", network, example, "restored", sides)
    session = onnxruntime.InferenceSession(tmp_path / "route.onnx", providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(0)
    for shape in ((1, 3, 1, 1), (2, 3, 64, 200), (1, 3, 150, 70)):
        tiles, g = generator.random(shape, np.float32), generator.random((1, 16), np.float32)
        with torch.inference_mode():
            expected = network(torch.from_numpy(tiles), torch.from_numpy(g)).numpy()
        (found,) = session.run(None, {"tiles": tiles, "g": g})
        np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_what_describes_an_image_by_textures(tmp_path: Path):
    torch.manual_seed(0)
    options = {"width": 4, "levels": 1, "blocks": 1, "descriptor_dim": 16, "textures": 3}
    backbone = shake(BACKBONES.build({"type": "global_unet", **options})).eval()
    generator = np.random.default_rng(0)
    views = {
        "overview": generator.random((3, 16, 16), np.float32),
        "probes": generator.random((5, 3, 24, 24), np.float32),
    }
    examples = {name: torch.from_numpy(view) for name, view in views.items()}
    write_graph(tmp_path / "describe.onnx", Describe(backbone).eval(), examples, "g")
    session = onnxruntime.InferenceSession(tmp_path / "describe.onnx", providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = Describe(backbone).eval()(**examples).numpy()
    np.testing.assert_allclose(session.run(None, views)[0], expected, atol=TOLERANCE)
