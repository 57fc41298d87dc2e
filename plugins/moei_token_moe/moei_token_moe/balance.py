"""How evenly the tokens of a batch use the small experts: what keeps a gate from always choosing the same."""

from __future__ import annotations

import torch
from torch import Tensor

from moei_token_moe.choice import Choice


def squared_variation(values: Tensor) -> Tensor:
    """Return CV^2 of (N,), the variance over the squared mean: 0 when all are equal, N - 1 for one alone."""
    return values.var(correction=0) / values.mean().square().clamp_min(torch.finfo(values.dtype).tiny)


def importance_of(choice: Choice, experts: int) -> Tensor:
    """Return (N,), the sum of the weights that each of N small experts has in a batch.

    Shazeer et al., "Outrageously Large Neural Networks", ICLR 2017, equation 6.
    """
    total = choice.weights.new_zeros(experts)
    return total.scatter_add(0, choice.experts.flatten(), choice.weights.flatten())


def switch_balance(logits: Tensor) -> Tensor:
    """Return ``N * sum_i f_i P_i`` of a batch, which is 1 where all small experts are used equally.

    f_i is the share of tokens whose first choice is i, and P_i the mean probability of i, through which alone
    gradients flow. Fedus et al., "Switch Transformers", JMLR 2022, equations 4 to 6.

    Args:
        logits: (B, T, N).
    """
    experts = logits.shape[-1]
    chosen = logits.argmax(-1, keepdim=True) == torch.arange(experts, device=logits.device)
    shares, probabilities = chosen.to(logits.dtype).mean((0, 1)), logits.softmax(-1).mean((0, 1))
    return experts * (shares * probabilities).sum()


def z_loss(logits: Tensor) -> Tensor:
    """Return the mean of ``logsumexp(logits)^2`` over the tokens (B, T, N), which keeps logits small.

    Zoph et al., "ST-MoE", 2022, equation 5.
    """
    return logits.logsumexp(-1).square().mean()
