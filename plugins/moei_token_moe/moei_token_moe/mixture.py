"""The mixture of one block: from features to what is added to them."""

from __future__ import annotations

from fractions import Fraction

import torch.nn.functional as F
from torch import Tensor, nn

from moei_token_moe.bottlenecks import Bottlenecks
from moei_token_moe.capacity import capacity_of, seats_of
from moei_token_moe.dispatch import fetch, places_of, send
from moei_token_moe.gates import Gate, Verdict


class TokenMixture(nn.Module):
    """Sends the tokens of features to small experts, and spreads what comes back over the features.

    A token is the mean of ``pool`` x ``pool`` cells, normalised over its channels as tokens are before the
    mixtures of the papers; what is spread between tokens is interpolated. A token that finds no seat adds 0,
    which leaves it as it is.

    Args:
        gate: Chooses for every token.
        experts: Whom it chooses from.
        pool: Side of a token in cells of the features.
        factor: Seats at all small experts of an image, as a multiple of its choices.
    """

    def __init__(self, gate: Gate, experts: Bottlenecks, pool: int, factor: Fraction) -> None:
        super().__init__()
        self.gate = gate
        self.experts = experts
        self.pool = pool
        self.factor = factor

    def forward(self, h: Tensor) -> tuple[Tensor, Verdict]:
        """Return what is to be added to features (B, d, h, w), of their shape, and the gate's verdict."""
        cells = F.avg_pool2d(h, self.pool, ceil_mode=True)
        tokens = cells.flatten(2).transpose(1, 2)
        tokens = F.layer_norm(tokens, tokens.shape[2:])
        verdict: Verdict = self.gate(tokens)
        grid = self._mixed(tokens, verdict).transpose(1, 2).reshape(cells.shape)
        return self._spread(grid)[..., : h.shape[2], : h.shape[3]].to(h.dtype), verdict

    def _mixed(self, tokens: Tensor, verdict: Verdict) -> Tensor:
        chosen, count = verdict.choice.experts, len(self.experts.reduce)
        capacity = capacity_of(tokens.shape[1], count, self.gate.k, self.factor)
        places = places_of(chosen, seats_of(chosen, count, verdict.priority), capacity, count)
        sent = send(tokens, places, count * capacity).unflatten(1, (count, capacity))
        return fetch(self.experts(sent).flatten(1, 2), places, verdict.choice.weights)

    def _spread(self, grid: Tensor) -> Tensor:
        if self.pool == 1:
            return grid
        return F.interpolate(grid, scale_factor=self.pool, mode="bilinear")
