"""How many tokens each small expert gets, smoothed by the noise of training so that it has a gradient.

Counting who was chosen would have none. Instead the noise of one small expert at a time is thought to be
drawn anew: how probable is it then that a token chooses that one?
"""

from __future__ import annotations

import torch
from torch import Tensor


def load_against_others(logits: Tensor, noisy: Tensor, deviation: Tensor, k: int) -> Tensor:
    """Return (N,), the sum over tokens of the probability that a small expert is among the k best.

    For that it must exceed the k-th largest noisy logit of all others. Shazeer et al., "Outrageously Large
    Neural Networks", ICLR 2017, equations 8 to 10.

    Args:
        logits: (B, T, N), without noise.
        noisy: (B, T, N), with it.
        deviation: (B, T, N) > 0, of the noise.
        k: How many are chosen, at most N.
    """
    if k == logits.shape[-1]:
        return torch.full_like(logits[0, 0], logits[..., 0].numel())
    *_, last_in, first_out = noisy.topk(k + 1, -1)[0].split(1, -1)
    threshold = torch.where(noisy > first_out, first_out, last_in)
    return torch.special.ndtr((logits - threshold) / deviation).sum((0, 1))


def load_against_threshold(logits: Tensor, noisy: Tensor, deviation: float, k: int) -> Tensor:
    """Return (N,), the sum over tokens of the probability to reach the k-th largest noisy logit.

    Riquelme et al., "Scaling Vision with Sparse Mixture of Experts", NeurIPS 2021: the threshold stays what
    it was, also where it is the small expert's own.

    Args:
        logits: (B, T, N), without noise.
        noisy: (B, T, N), with it.
        deviation: > 0, of the noise.
        k: How many are chosen, at most N.
    """
    threshold = noisy.topk(k, -1)[0][..., -1:]
    return torch.special.ndtr((logits - threshold) / deviation).sum((0, 1))
