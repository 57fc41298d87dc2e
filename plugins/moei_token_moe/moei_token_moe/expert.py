"""An expert that holds a mixture of small experts at every block, and routes the tokens of an image."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import cast

import torch
from torch import Tensor, nn

from moei_token_moe.bottlenecks import Bottlenecks
from moei_token_moe.gates import Gate, NoisyTopKGate, SwitchGate, VMoEGate, penalty_of
from moei_token_moe.mixture import TokenMixture
from moei_token_moe.placement import find_placement
from moei_token_moe.traffic import SiteTraffic, cells
from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.owned_blocks import own_last_blocks

GATES: dict[str, tuple[type[Gate], int]] = {
    "noisy_top_k": (NoisyTopKGate, 2),
    "switch": (SwitchGate, 1),
    "vmoe": (VMoEGate, 2),
}
"""By name, and with how many small experts a token goes to."""


class TokenMoE(Expert):
    """Adds to the output h of each block what a mixture of small experts makes of its tokens, from zero on.

    A token is a square of 16x16 pixels of the image, the mean of the cells of h in it; at sites that are
    coarser than that every cell is one. What stands for an image here is what the sites are given: a crop
    in training, a tile in restoring, and of those each region where a backbone cuts them into regions. Each
    routes on its own, whatever else is in the batch.

    The last ``top_blocks`` sites, which are the thinnest, are private copies of the dense blocks, as those of
    ``adapter`` are.

    Args:
        backbone: A trained backbone; its sites are read and its last blocks copied, nothing is kept of it.
        gate: How tokens choose: ``"noisy_top_k"`` (Shazeer et al. 2017), ``"switch"`` (Fedus et al. 2022) or
            ``"vmoe"`` (Riquelme et al. 2021).
        experts: N, small experts at each site.
        k: How many of them a token goes to; None for 1 of ``"switch"`` and 2 of the others.
        reduction: Hidden channels of a small expert as a fraction of its site's channels, in (0, 1].
        capacity_factor: How many times the tokens they would get if all were chosen equally often small
            experts have seats for, > 0. Tokens without a seat are left as they are.
        cell: Side of a token, pixels.
        top_blocks: How many of the last sites the expert owns as copies.
        balance: Weight of the imbalance in the penalty of training, >= 0.
        z_weight: Weight of the z-loss in it (Zoph et al. 2022), >= 0; they took 1e-3.

    Raises:
        ValueError: If an argument is out of its range, or there is no such gate.
    """

    def __init__(
        self,
        backbone: Backbone,
        gate: str = "noisy_top_k",
        experts: int = 4,
        k: int | None = None,
        reduction: float = 1 / 24,
        capacity_factor: float = 1.25,
        cell: int = 16,
        top_blocks: int = 5,
        balance: float = 0.01,
        z_weight: float = 0.0,
    ) -> None:
        super().__init__()
        _check_gate(gate, experts, k)
        _check_ranges(reduction, capacity_factor, cell, balance, z_weight)
        routed, copies = own_last_blocks(backbone, top_blocks)
        kind, usual = GATES[gate]
        self.k = usual if k is None else k
        self.balance, self.z_weight = balance, z_weight
        placement = find_placement(backbone)
        self._strides, self._part = placement.strides, placement.part
        self._multiple = placement.part or backbone.size_multiple
        factor = Fraction(capacity_factor).limit_denominator(1000)
        self.mixtures = nn.ModuleDict(
            {
                site: TokenMixture(
                    kind(channels, experts, self.k),
                    Bottlenecks(channels, max(1, round(channels * reduction)), experts),
                    max(1, cell // self._strides[site]),
                    factor,
                )
                for site, channels in routed.items()
            }
        )
        self.copies = copies
        self.requires_grad_(True)
        self._penalties: dict[str, Tensor] = {}

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy where there is one, else the dense block followed by its mixture."""
        if site in self.copies:
            return self.copies[site](x)
        h = block(x)
        added, verdict = self.mixtures[site](h)
        penalty = penalty_of(verdict, self.balance, self.z_weight)
        if penalty is not None:
            self._penalties[site] = penalty
        return h + added

    def penalty(self) -> Tensor | None:
        """Return the mean over the sites of weighted imbalance and z-loss, each of its last run in training.

        Switching between training and evaluation forgets the runs before.
        """
        if not self._penalties:
            return None
        mean = torch.stack([*self._penalties.values()]).mean()
        self._penalties.clear()
        return mean

    def train(self, mode: bool = True) -> TokenMoE:
        """Switch to training or evaluation; see :meth:`penalty`."""
        self._penalties.clear()  # they hold on to everything their gradients need, and cannot be copied
        return super().train(mode)

    def traffic(self, height: int, width: int) -> list[SiteTraffic]:
        """Return what routing moves at each site for an image, or a tile, of that size."""
        return [
            SiteTraffic(
                site=site,
                pixels=self._strides[site] * mixture.pool,
                tokens=self._cells(site, height) * self._cells(site, width),
                channels=mixture.experts.reduce.shape[1],
                k=self.k,
            )
            for site, mixture in self._mixtures().items()
        ]

    def dispatch_bytes(self, height: int, width: int) -> int:
        """Return how many bytes routing moves for an image, or a tile, of that size at all sites together."""
        return sum(one.dispatched for one in self.traffic(height, width))

    def _cells(self, site: str, length: int) -> int:
        stride, pool = self._strides[site], self._mixtures()[site].pool
        return cells(length, self._multiple, stride, pool, self._part)

    def _mixtures(self) -> dict[str, TokenMixture]:
        return {site: cast(TokenMixture, mixture) for site, mixture in self.mixtures.items()}


def _check_gate(gate: str, experts: int, k: int | None) -> None:
    if gate not in GATES:
        raise ValueError(f"gate must be one of {sorted(GATES)}, got {gate!r}")
    if experts < 2:
        raise ValueError(f"experts must be 2 or more, got {experts}")
    if gate == "switch" and k not in (None, 1):
        raise ValueError(f"gate 'switch' sends a token to 1 small expert, got k={k}")
    if k is not None and not 1 <= k <= experts:
        raise ValueError(f"k must lie in [1, {experts}], got {k}")


def _check_ranges(
    reduction: float, capacity_factor: float, cell: int, balance: float, z_weight: float
) -> None:
    if not 0 < reduction <= 1:
        raise ValueError(f"reduction must lie in (0, 1], got {reduction}")
    if not 0.001 <= capacity_factor < math.inf:
        raise ValueError(f"capacity_factor must be 0.001 or more, and finite, got {capacity_factor}")
    if cell < 1:
        raise ValueError(f"cell must be 1 or more, got {cell}")
    for name, weight in {"balance": balance, "z_weight": z_weight}.items():
        if not 0 <= weight < math.inf:
            raise ValueError(f"{name} must be 0 or more, and finite, got {weight}")
