"""An expert whose kernels follow the image."""

from __future__ import annotations

from torch import Tensor, nn

from moei_condconv.mixing import MixedConv2d
from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.owned_blocks import own_last_blocks


class CondConv(Expert):
    """Adds ``expand(relu(mixed3x3(reduce(h))))`` to the output h of each block, starting from zero.

    It is an ``adapter`` whose middle convolution is a `MixedConv2d`: every image mixes its own kernel from
    n, for the cost of one convolution. Nothing is chosen, so nothing has to be kept busy.

    The last ``top_blocks`` sites are private copies of the dense blocks, as those of ``adapter`` are.

    Args:
        backbone: A trained backbone; its sites are read and its last blocks copied, nothing is kept of it.
        kernels: n, how many each image mixes, >= 1. With one, the adapter is only scaled by its gate.
        reduction: Hidden channels as a fraction of a site's channels, in (0, 1].
        size: Of the kernels, odd.
        top_blocks: How many of the last sites the expert owns as copies.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        backbone: Backbone,
        kernels: int = 8,
        reduction: float = 1 / 16,
        size: int = 3,
        top_blocks: int = 5,
    ) -> None:
        super().__init__()
        _check(kernels, reduction, size)
        adapted, copies = own_last_blocks(backbone, top_blocks)
        self.adapters = nn.ModuleDict(
            {site: _bottleneck(channels, reduction, kernels, size) for site, channels in adapted.items()}
        )
        self.copies = copies
        self.requires_grad_(True)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy where there is one, else the dense block followed by its adapter."""
        if site in self.copies:
            return self.copies[site](x)
        h = block(x)
        return h + self.adapters[site](h)


def _bottleneck(channels: int, reduction: float, kernels: int, size: int) -> nn.Sequential:
    hidden = max(1, round(channels * reduction))
    expand = nn.Conv2d(hidden, channels, 1, bias=False)  # all that is added is scaled by the gates
    nn.init.zeros_(expand.weight)
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 1), MixedConv2d(hidden, kernels, size), nn.ReLU(), expand
    )


def _check(kernels: int, reduction: float, size: int) -> None:
    if kernels < 1:
        raise ValueError(f"kernels must be 1 or more, got {kernels}")
    if not 0 < reduction <= 1:
        raise ValueError(f"reduction must lie in (0, 1], got {reduction}")
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size must be odd and above 0, got {size}")
