"""Adapters and private copies whose signal is balanced, channel by channel, by what the image shows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.owned_blocks import own_last_blocks


class BalancedAdapter(Expert):
    """White balance, learnt: what the expert adds at a site is scaled by one gain per channel and image.

    A cast is one colour over a whole image, and taking it away is a gain for each channel (von Kries 1902).
    Which gain it takes is told by the mean, as in gray-world balancing (Buchsbaum 1980). So, with h the
    output of the dense block, an adapter gives ``h + (1 + b(h)) * expand(relu(dw3x3(reduce(h))))``, and the
    private copies of the last blocks give ``(1 + b(c)) * c`` of their own output c. The balance b is
    ``widen(relu(narrow(mean)))`` of the mean over all pixels, after Hu et al., "Squeeze-and-excitation
    networks", CVPR 2018. In a U-Net whose tail makes gain and offset of every colour, that of the last copy
    is a balance of colours. ``expand`` and ``widen`` start from zero.

    All pixels are those of one tile where a photograph is restored by tiles.

    Args:
        backbone: A trained backbone; its sites are read and its last blocks copied, nothing is kept of it.
        reduction: Hidden channels of an adapter and of a balance, as a fraction of its site's, in (0, 1].
        top_blocks: How many of the last sites the expert owns as copies.

    Raises:
        ValueError: If ``reduction`` is outside (0, 1] or ``top_blocks`` exceeds the number of sites.
    """

    def __init__(self, backbone: Backbone, reduction: float = 1 / 16, top_blocks: int = 5) -> None:
        super().__init__()
        sites = backbone.sites()
        if not 0 < reduction <= 1:
            raise ValueError(f"reduction must lie in (0, 1], got {reduction}")
        adapted, copies = own_last_blocks(backbone, top_blocks)
        self.adapters = nn.ModuleDict(
            {site: _bottleneck(channels, reduction) for site, channels in adapted.items()}
        )
        self.copies = copies
        self.balances = nn.ModuleDict({site: _Balance(sites[site], reduction) for site in sites})
        self.requires_grad_(True)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy, balanced, where there is one, else the dense block and a balanced adapter."""
        if site in self.copies:
            own = self.copies[site](x)
            return own * (1 + self.balances[site](own))
        h = block(x)
        return h + self.adapters[site](h) * (1 + self.balances[site](h))


class _Balance(nn.Module):
    """One number per channel and image, (B, C, h, w) -> (B, C, 1, 1); 0 at the start."""

    def __init__(self, channels: int, reduction: float) -> None:
        super().__init__()
        hidden = _hidden(channels, reduction)
        self.narrow = nn.Linear(channels, hidden)
        self.widen = nn.Linear(hidden, channels)
        _silence(self.widen)

    def forward(self, x: Tensor) -> Tensor:
        balance: Tensor = self.widen(F.relu(self.narrow(x.mean((2, 3)))))
        return balance[:, :, None, None]


def _bottleneck(channels: int, reduction: float) -> nn.Sequential:
    hidden = _hidden(channels, reduction)
    expand = nn.Conv2d(hidden, channels, 1)
    _silence(expand)
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 1),
        nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden),
        nn.ReLU(),
        expand,
    )


def _hidden(channels: int, reduction: float) -> int:
    return max(2, round(channels * reduction))


@torch.no_grad()
def _silence(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        parameter.zero_()
