"""Experts whose weights become part of the blocks, so that wearing them costs no time."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert


class Folded(Expert):
    """An expert, and one module for each site where that is all it takes.

    Args:
        expert: Run at the other sites.
        blocks: By site.
    """

    def __init__(self, expert: Expert, blocks: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.expert = expert
        self.blocks = nn.ModuleDict(blocks)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the one module where there is one, else the expert."""
        return self.blocks[site](x) if site in self.blocks else self.expert.run(site, block, x)


def fold(expert: Expert, backbone: Backbone) -> Expert:
    """Return an expert that does the same in less time, or the same one where nothing can be folded.

    It takes the memory of a copy of every block that it is folded into.

    Args:
        expert: As it is now; later training is not followed. It is not changed.
        backbone: What it is worn by. It is not changed.
    """
    merged = {site: expert.merged(site, backbone.block(site)) for site in backbone.sites()}
    blocks = {site: block for site, block in merged.items() if block is not None}
    return Folded(expert, blocks).train(expert.training) if blocks else expert
