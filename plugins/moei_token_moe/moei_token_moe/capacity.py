"""Who finds a seat: small experts take so many tokens of an image, and no more."""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor


def capacity_of(tokens: int, experts: int, k: int, factor: Fraction) -> int:
    """Return ``ceil(k * tokens / experts * factor)``: how many tokens of one image a small expert takes.

    With a factor of 1 there is a seat for every choice if all small experts are chosen equally often.
    Lepikhin et al., "GShard", ICLR 2021, section 2.2; Fedus et al., "Switch Transformers", JMLR 2022,
    equation 3.

    Args:
        tokens: T of the image.
        experts: N.
        k: Choices of each token.
        factor: > 0. Exact, so that rounding never adds a seat.
    """
    share = experts * factor.denominator
    return (
        k * tokens * factor.numerator + share - 1
    ) // share  # exported, it must not divide what is below 0


def seats_of(chosen: Tensor, experts: int, priority: Tensor | None = None) -> Tensor:
    """Return the seat that each choice of each token gets at its expert, counted from 0.

    Within an image, the first choices of all tokens are seated before any second one; among those the tokens
    come in their order (Lepikhin et al., "GShard", ICLR 2021, algorithm 1), or those of higher priority first
    (Riquelme et al., "Scaling Vision with Sparse Mixture of Experts", NeurIPS 2021, algorithm 2). A seat
    beyond the capacity is none. Images do not share experts: nothing depends on the rest of the batch.

    Args:
        chosen: (B, T, k) in [0, experts), the best one first.
        experts: N.
        priority: (B, T); equals come in any order. None for the order of the tokens.

    Returns:
        (B, T, k), int64.
    """
    if priority is None:
        return _in_order(chosen, experts)
    order = priority.sort(1, descending=True).indices.unsqueeze(2).expand_as(chosen)
    seats = _in_order(chosen.gather(1, order), experts)
    return torch.empty_like(seats).scatter(1, order, seats)


def _in_order(chosen: Tensor, experts: int) -> Tensor:
    images, tokens, k = chosen.shape
    queue = chosen.transpose(1, 2).reshape(images, k * tokens, 1)
    taken = queue == torch.arange(experts, device=chosen.device)
    seats = taken.cumsum(1).gather(2, queue) - 1
    return seats.reshape(images, k, tokens).transpose(1, 2)
