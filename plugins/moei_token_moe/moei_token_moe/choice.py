"""Which small experts the tokens of images go to, before anybody looks whether there is room."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Choice:
    """The small experts of every token.

    Attributes:
        experts: (B, T, k) in [0, N), int64; the best one first, no two of a token alike.
        weights: (B, T, k), what their outputs count.
    """

    experts: Tensor
    weights: Tensor


def top_k_of(logits: Tensor, k: int) -> Choice:
    """Return the k largest logits (B, T, N) of every token, weighted by a softmax over those k alone.

    That is ``softmax(KeepTopK(H, k))`` of Shazeer et al., "Outrageously Large Neural Networks", ICLR 2017,
    equations 3 and 5: what is not kept counts as minus infinity.
    """
    largest, experts = logits.topk(k, -1)
    return Choice(experts, largest.softmax(-1))


def top_k_of_all(logits: Tensor, k: int) -> Choice:
    """Return the k largest logits (B, T, N) of every token, weighted by their softmax over all N.

    That is ``TopK(softmax(...))`` of Riquelme et al., "Scaling Vision with Sparse Mixture of Experts",
    NeurIPS 2021, section 2; and with k = 1 the choice of Fedus et al., "Switch Transformers", JMLR 2022,
    section 2.1. The weights kept are not scaled to sum to 1.
    """
    weights, experts = logits.softmax(-1).topk(k, -1)
    return Choice(experts, weights)
