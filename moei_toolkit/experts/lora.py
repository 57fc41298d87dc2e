"""Low-rank changes to the weights of the decoder, folded into them when it is run for good."""

from __future__ import annotations

import copy
import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.func import functional_call

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert


class LoRA(Expert):
    """Adds ``alpha / rank * B A`` to the weights of convolutions and linear layers, starting from zero.

    Transposed convolutions stay as they are: their filters are no rows of their weights.

    Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022. A filter of a convolution is a
    row of its weights: A is then a convolution to ``rank`` channels, and B one of 1x1 from there. Blocks run
    with changed weights instead of changed layers, so that a block may use its weights as it likes.

    Args:
        backbone: A trained backbone; the shapes of its blocks are read, nothing is kept of it.
        rank: Largest rank of a change; less where a layer has fewer inputs or outputs.
        alpha: Scale of a change, > 0.
        top_blocks: How many of the last sites are changed; the others stay dense. None for all.

    Raises:
        ValueError: If ``rank`` is below 1, ``alpha`` is not positive and finite, or ``top_blocks`` is not
            between 1 and the number of sites.
    """

    def __init__(
        self, backbone: Backbone, rank: int = 4, alpha: float = 8.0, top_blocks: int | None = None
    ) -> None:
        super().__init__()
        sites = list(backbone.sites())
        count = len(sites) if top_blocks is None else top_blocks
        if rank < 1:
            raise ValueError(f"rank must be 1 or more, got {rank}")
        if not 0 < alpha < math.inf:
            raise ValueError(f"alpha must be positive and finite, got {alpha}")
        if not 1 <= count <= len(sites):
            raise ValueError(f"top_blocks must lie in [1, {len(sites)}], got {top_blocks}")
        self.changes = nn.ModuleDict(
            {
                site: nn.ModuleList(
                    _LowRank(weight, rank, alpha / rank)
                    for weight in _weights_of(backbone.block(site)).values()
                )
                for site in sites[-count:]
            }
        )

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the block with changed weights, or as it is."""
        if site not in self.changes:
            return block(x)
        return functional_call(block, self._changed(site, block), (x,))

    @torch.no_grad()
    def merged(self, site: str, block: nn.Module) -> nn.Module | None:
        """Return a copy of the block that holds the changed weights; None where it stays dense."""
        if site not in self.changes:
            return None
        own = copy.deepcopy(block)
        own.load_state_dict(self._changed(site, block), strict=False)
        return own

    def _changed(self, site: str, block: nn.Module) -> dict[str, Tensor]:
        changes = cast(nn.ModuleList, self.changes[site])
        return {
            name: change(weight)
            for (name, weight), change in zip(_weights_of(block).items(), changes, strict=True)
        }


class _LowRank(nn.Module):
    """weight + scale * B A."""

    def __init__(self, weight: Tensor, rank: int, scale: float) -> None:
        super().__init__()
        outputs, inputs = weight.flatten(1).shape
        rank = min(rank, outputs, inputs)
        self.scale = scale
        self.a = nn.Parameter(torch.empty(rank, inputs))
        self.b = nn.Parameter(torch.zeros(outputs, rank))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.b @ self.a).view(weight.shape)


def _weights_of(block: nn.Module) -> dict[str, Tensor]:
    """Return the weights of every layer that is changed, by their names in the block, in its order."""
    return {
        f"{name}.weight".removeprefix("."): layer.weight
        for name, layer in block.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    }
