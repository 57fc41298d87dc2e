"""The gates: how a token judges small experts, in the manners of three papers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from moei_token_moe.balance import importance_of, squared_variation, switch_balance, z_loss
from moei_token_moe.choice import Choice, top_k_of, top_k_of_all
from moei_token_moe.load import load_against_others, load_against_threshold

LEAST_NOISE = 0.01
"""Standard deviation that the noise of `NoisyTopKGate` keeps."""


@dataclass(frozen=True)
class Verdict:
    """What a gate says about the tokens of a batch.

    Attributes:
        choice: Which small experts they go to.
        priority: (B, T), who is seated first; None for the order of the tokens.
        imbalance: In training, how unevenly the batch uses the small experts, a scalar; else None.
        logits: (B, T, N), float32, without noise.
    """

    choice: Choice
    priority: Tensor | None
    imbalance: Tensor | None
    logits: Tensor


class Gate(nn.Module, ABC):
    """Judges the small experts for every token, in float32 whatever the precision around it.

    Noise is added in training mode only, and drawn from torch's seeded generator.

    Args:
        channels: d of a token.
        experts: N.
        k: How many of them a token goes to.
    """

    def __init__(self, channels: int, experts: int, k: int) -> None:
        super().__init__()
        self.k = k
        self.judge = nn.Linear(channels, experts, bias=False)

    def forward(self, tokens: Tensor) -> Verdict:
        """Judge tokens (B, T, d)."""
        with in_float32(tokens.device):
            return self.decide(tokens.float(), self.judge(tokens.float()))

    @abstractmethod
    def decide(self, tokens: Tensor, logits: Tensor) -> Verdict:
        """Return the verdict on tokens (B, T, d) with logits (B, T, N), both float32."""


class NoisyTopKGate(Gate):
    """``H = x W_g + N(0, 1) (softplus(x W_n) + 0.01)``, the k best, and a softmax over those.

    The imbalance is CV^2 of importance plus CV^2 of load. Shazeer et al., "Outrageously Large Neural
    Networks", ICLR 2017; the 0.01 is of their code, for load is divided by what training drives to 0.
    """

    def __init__(self, channels: int, experts: int, k: int) -> None:
        super().__init__(channels, experts, k)
        self.spread = nn.Linear(channels, experts, bias=False)
        nn.init.zeros_(self.spread.weight)

    def decide(self, tokens: Tensor, logits: Tensor) -> Verdict:
        """See :meth:`Gate.decide`."""
        if not self.training:
            return Verdict(top_k_of(logits, self.k), None, None, logits)
        deviation = F.softplus(self.spread(tokens)) + LEAST_NOISE
        noisy = logits + deviation * torch.randn_like(logits)
        choice = top_k_of(noisy, self.k)
        importance = importance_of(choice, logits.shape[-1])
        load = load_against_others(logits, noisy, deviation, self.k)
        return Verdict(choice, None, squared_variation(importance) + squared_variation(load), logits)


class SwitchGate(Gate):
    """The most probable one; its probability is its weight, and the imbalance is ``N sum f_i P_i``.

    Fedus et al., "Switch Transformers", JMLR 2022. No noise.
    """

    def decide(self, tokens: Tensor, logits: Tensor) -> Verdict:
        """See :meth:`Gate.decide`."""
        imbalance = switch_balance(logits) if self.training else None
        return Verdict(top_k_of_all(logits, self.k), None, imbalance, logits)


class VMoEGate(Gate):
    """``TopK(softmax(x W + e))`` with e from N(0, 1 / N^2); tokens with larger weights are seated first.

    The imbalance is the mean of CV^2 of importance, here of all probabilities without noise, and CV^2 of
    load. Riquelme et al., "Scaling Vision with Sparse Mixture of Experts", NeurIPS 2021.
    """

    def decide(self, tokens: Tensor, logits: Tensor) -> Verdict:
        """See :meth:`Gate.decide`."""
        if not self.training:
            choice = top_k_of_all(logits, self.k)
            return Verdict(choice, choice.weights[..., 0], None, logits)
        deviation = 1 / logits.shape[-1]
        noisy = logits + deviation * torch.randn_like(logits)
        choice = top_k_of_all(noisy, self.k)
        importance = logits.softmax(-1).sum((0, 1))
        load = load_against_threshold(logits, noisy, deviation, self.k)
        imbalance = (squared_variation(importance) + squared_variation(load)) / 2
        return Verdict(choice, choice.weights[..., 0], imbalance, logits)


def penalty_of(verdict: Verdict, balance: float, z: float) -> Tensor | None:
    """Return what training adds to its loss for a verdict: weighted imbalance and z-loss; None outside it."""
    if verdict.imbalance is None:
        return None
    return balance * verdict.imbalance + z * z_loss(verdict.logits)


def in_float32(device: torch.device) -> AbstractContextManager[object]:
    """Let no autocast lower the precision inside the block."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()
