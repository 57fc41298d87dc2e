"""Private copies of the decoder: the most an expert can be."""

from __future__ import annotations

import copy

from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert


class Full(Expert):
    """Runs its own copy of every block instead of the dense one; starts as the dense decoder.

    Far above the parameter budget of an expert: it is what a single-task model on the shared encoder is
    (dense-single), and the upper end of what a cheaper expert can hope for.

    Args:
        backbone: A trained backbone; its blocks are copied, nothing is kept of it.
        top_blocks: How many of the last sites are copied; the others stay dense. None for all.

    Raises:
        ValueError: If ``top_blocks`` is not between 1 and the number of sites.
    """

    def __init__(self, backbone: Backbone, top_blocks: int | None = None) -> None:
        super().__init__()
        sites = list(backbone.sites())
        count = len(sites) if top_blocks is None else top_blocks
        if not 1 <= count <= len(sites):
            raise ValueError(f"top_blocks must lie in [1, {len(sites)}], got {top_blocks}")
        self.copies = nn.ModuleDict({site: copy.deepcopy(backbone.block(site)) for site in sites[-count:]})
        self.requires_grad_(True)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy where there is one, else the dense block."""
        return self.copies[site](x) if site in self.copies else block(x)
