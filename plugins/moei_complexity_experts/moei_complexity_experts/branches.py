"""Branches of different complexity, of which each image takes one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from moei_complexity_experts.routing import Decision


class Branches(nn.Module):
    """Adds ``gate * expand(relu(depthwise(reduce(h))))`` of the branch with the largest gate to h.

    Args:
        channels: Of h.
        reductions: Hidden channels of each branch, as a fraction of ``channels``.
        kernels: Size of the depthwise convolution of each branch, odd.
    """

    def __init__(self, channels: int, reductions: Sequence[float], kernels: Sequence[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            _bottleneck(channels, reduction, kernel)
            for reduction, kernel in zip(reductions, kernels, strict=True)
        )

    def sizes(self) -> list[int]:
        """Return the number of parameters of each branch."""
        return [sum(p.numel() for p in branch.parameters()) for branch in self.branches]

    def forward(self, h: Tensor, decision: Decision) -> Tensor:
        """Refine each of the features (B, C, h, w); images that take the same branch pass it together.

        In training the branches that nobody takes see an empty batch, so that each has a gradient.
        """
        gate, _ = decision.gates.max(1)
        choices = self._choices(decision)
        taken = range(len(self.branches)) if self.training else sorted(set(choices))
        groups = [[image for image, choice in enumerate(choices) if choice == branch] for branch in taken]
        parts = [
            self.branches[branch](_select(h, images)) for branch, images in zip(taken, groups, strict=True)
        ]
        return h + gate.to(h.dtype)[:, None, None, None] * _in_order(parts, groups)

    def _choices(self, decision: Decision) -> list[int]:
        if decision.noisy.device.type == "meta":  # shapes without values: count the most that it can cost
            sizes = self.sizes()
            return [sizes.index(max(sizes))] * len(decision.noisy)
        choices: list[int] = decision.noisy.argmax(1).tolist()
        return choices


def _select(h: Tensor, images: list[int]) -> Tensor:
    return h if len(images) == len(h) else h[images]  # an image alone is not copied


def _in_order(parts: list[Tensor], groups: list[list[int]]) -> Tensor:
    """Put what was computed by groups of images back into the order of the images."""
    if len(parts) == 1:
        return parts[0]
    places = {image: place for place, image in enumerate(image for group in groups for image in group)}
    return torch.cat(parts)[[places[image] for image in range(len(places))]]


def _bottleneck(channels: int, reduction: float, kernel: int) -> nn.Sequential:
    hidden = max(1, round(channels * reduction))
    expand = nn.Conv2d(hidden, channels, 1)
    for parameter in expand.parameters():
        nn.init.zeros_(parameter)
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 1),
        nn.Conv2d(hidden, hidden, kernel, padding=kernel // 2, groups=hidden),
        nn.ReLU(),
        expand,
    )
