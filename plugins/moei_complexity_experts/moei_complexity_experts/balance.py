"""How unevenly a batch uses the branches of a block."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from moei_complexity_experts.routing import Decision


def imbalance(decision: Decision, complexity: Tensor) -> Tensor:
    """Return ``0.5 CV^2(importance) + 0.5 CV^2(load)``, a scalar of at least 0.

    Shazeer et al., "Outrageously Large Neural Networks", ICLR 2017, with the importance weighted as in Zamfir
    et al., "Complexity Experts are Task-Discriminative Learners for Any Image Restoration", CVPR 2025: where
    a complex branch counts more, an even importance gives it a smaller share of the gates.

    Args:
        decision: Of a batch.
        complexity: (n,), > 0, how much each branch counts.
    """
    importance = complexity * decision.gates.sum(0)
    return (squared_variation(importance) + squared_variation(load(decision))) / 2


def squared_variation(values: Tensor) -> Tensor:
    """Return CV^2, the variance of (n,) over the square of their mean; they are the whole population."""
    return values.var(correction=0) / values.mean().square()


def load(decision: Decision) -> Tensor:
    """Return (n,) in [0, 1]: how probable it is that a branch is taken, on average over the batch.

    That is the probability that its logit with noise drawn anew exceeds the largest of the others with theirs
    (Shazeer et al., equation 9). Counting who was taken would have no gradient.
    """
    best, second = decision.noisy.topk(2, 1)[0].split(1, 1)
    leads = F.one_hot(decision.noisy.argmax(1), decision.noisy.shape[1]).bool()
    rival = torch.where(leads, second, best)
    return torch.special.ndtr((decision.logits - rival) / decision.deviation).mean(0)
