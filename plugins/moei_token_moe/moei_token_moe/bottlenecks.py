"""The small experts of a block, all at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Bottlenecks(nn.Module):
    """N times ``expand(relu(reduce(x)))``, each with weights of its own; expand starts from zero.

    Args:
        channels: d of a token.
        hidden: Channels between.
        experts: N.
    """

    def __init__(self, channels: int, hidden: int, experts: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(channels)  # as a linear layer starts
        self.reduce = nn.Parameter(torch.empty(experts, channels, hidden).uniform_(-bound, bound))
        self.reduce_bias = nn.Parameter(torch.empty(experts, 1, hidden).uniform_(-bound, bound))
        self.expand = nn.Parameter(torch.zeros(experts, hidden, channels))
        self.expand_bias = nn.Parameter(torch.zeros(experts, 1, channels))

    def forward(self, tokens: Tensor) -> Tensor:
        """Process (B, N, C, d), the C tokens of each image that each of them got; the same shape."""
        hidden = F.relu(torch.einsum("bncd,ndw->bncw", tokens, self.reduce) + self.reduce_bias)
        return torch.einsum("bncw,nwd->bncd", hidden, self.expand) + self.expand_bias
