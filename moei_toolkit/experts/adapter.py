"""Bottleneck adapters beside the decoder blocks, and private copies of the last few."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.owned_blocks import own_last_blocks


class Adapter(Expert):
    """Adds ``expand(relu(dw3x3(reduce(h))))`` to the output h of each block, starting from zero.

    With ``gate``, what is added is scaled by ``tanh(gate)``, one number per channel, as in Alayrac et al.,
    "Flamingo", NeurIPS 2022. Then the gate starts from zero instead of ``expand``: were both zero, neither
    would ever get a gradient.

    The last ``top_blocks`` sites, which are the thinnest, are private copies of the dense blocks instead:
    the "brief unfreeze of the top layers" without altering the dense model. Adapters follow Houlsby et al.,
    "Parameter-Efficient Transfer Learning for NLP", ICML 2019.

    Args:
        backbone: A trained backbone; its sites are read and its last blocks copied, nothing is kept of it.
        reduction: r, hidden channels of an adapter as a fraction of its site's channels, in (0, 1].
        top_blocks: How many of the last sites the expert owns as copies.
        gate: Scale what adapters add by a gate for each channel.

    Raises:
        ValueError: If ``reduction`` is outside (0, 1] or ``top_blocks`` exceeds the number of sites.
    """

    def __init__(
        self, backbone: Backbone, reduction: float = 1 / 16, top_blocks: int = 5, gate: bool = False
    ) -> None:
        super().__init__()
        if not 0 < reduction <= 1:
            raise ValueError(f"reduction must lie in (0, 1], got {reduction}")
        adapted, copies = own_last_blocks(backbone, top_blocks)
        self.adapters = nn.ModuleDict(
            {site: _bottleneck(channels, reduction, gate) for site, channels in adapted.items()}
        )
        self.copies = copies
        self.requires_grad_(True)

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy where there is one, else the dense block followed by its adapter."""
        if site in self.copies:
            return self.copies[site](x)
        h = block(x)
        return h + self.adapters[site](h)


class _Gate(nn.Module):
    """x * tanh(gate), with a gate per channel that starts from zero."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate.tanh()


def _bottleneck(channels: int, reduction: float, gate: bool) -> nn.Sequential:
    hidden = max(1, round(channels * reduction))
    expand = nn.Conv2d(hidden, channels, 1)
    if not gate:
        nn.init.zeros_(expand.weight)
        nn.init.zeros_(expand.bias)  # type: ignore[arg-type]
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 1),
        nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden),
        nn.ReLU(),
        expand,
        *([_Gate(channels)] if gate else []),
    )
