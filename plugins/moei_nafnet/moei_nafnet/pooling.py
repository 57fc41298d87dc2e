"""Means over windows: what a layer that pools sees of an image, whatever tile it is given."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WindowMean(nn.Module):
    """The mean of the map around every place, or of the whole map.

    Test-time local converter (TLC) of Chu et al., "Improving Image Restoration by Revisiting Global
    Information Aggregation", ECCV 2022: who was trained on patches pools over as much at use.

    Args:
        window: Side of the windows, places of the map; None for the whole map.
    """

    def __init__(self, window: int | None = None) -> None:
        super().__init__()
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w), or (B, C, 1, 1) where one window covers all of ``x`` (B, C, h, w)."""
        # A graph is traced for maps of every size, and may not ask how large this one is.
        covered = not torch.compiler.is_compiling() and max(x.shape[-2:]) <= (self.window or 0)
        if self.window is None or covered:
            return x.mean((2, 3), keepdim=True)
        return slide_mean(slide_mean(x, self.window).mT, self.window).mT


def slide_mean(x: Tensor, window: int) -> Tensor:
    """Return the mean of the window around every place of the last axis, in the shape of ``x``.

    Windows stay inside: those of the first and last places are shifted, and none is longer than the axis.
    Sums come from running sums, so that a large window costs no more than a small one; of what lies above the
    mean of the axis, so that they stay small and exact.
    """
    size = x.shape[-1]
    start = torch.arange(size, device=x.device) - (window - 1) // 2
    start = start.clamp(max=size - window).clamp(min=0)
    end = (start + window).clamp(max=size)
    mean = x.float().mean(-1, keepdim=True)
    sums = F.pad((x - mean).cumsum(-1), (1, 0))
    return (mean + (sums[..., end] - sums[..., start]) / (end - start)).to(x.dtype)
