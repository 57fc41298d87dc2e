"""The tiler most restoration repositories ship: what the toolkit's own is compared with.

The whole image becomes floats, every tile runs alone in PyTorch's default layout, results are added up in an
array of the image's size, a second such array counts, and the mean is taken at the end.
"""

from __future__ import annotations

import numpy as np
import torch

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.runtimes.eager import EagerRuntime


def lay_out_plainly(runtime: EagerRuntime) -> None:
    """Put networks into PyTorch's default layout, as most repositories run them."""
    for net in (runtime.backbone, *runtime.experts.values()):
        net.to(memory_format=torch.contiguous_format)
    runtime.backbone.memory_format = torch.contiguous_format


@torch.no_grad()
def restore_usual(
    backbone: Backbone, expert: Expert, image: np.ndarray, g: np.ndarray, tile: int, overlap: int
) -> np.ndarray:
    """Restore an image (H, W, 3) of uint8 along one route; returns the same shape and type.

    Args:
        backbone: In the layout it should run in.
        expert: What it wears.
        image: The image.
        g: (1, d), of the image.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
    """
    x = torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1).unsqueeze(0).contiguous()
    context = torch.from_numpy(g)
    total, count = torch.zeros_like(x), torch.zeros_like(x)
    for top in _starts(x.shape[2], tile, overlap):
        for left in _starts(x.shape[3], tile, overlap):
            part = (..., slice(top, top + tile), slice(left, left + tile))
            restored = backbone.decode(backbone.encode(x[part]), x[part], expert, context)
            total[part] += restored
            count[part] += torch.ones_like(restored)
    mean = (total / count).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    return (mean * 255).round().astype(np.uint8)


def _starts(size: int, tile: int, overlap: int) -> list[int]:
    """Return where tiles begin along one axis: the last one is moved back to end at the border."""
    last = max(0, size - tile)
    return [*range(0, last, tile - overlap), last]
