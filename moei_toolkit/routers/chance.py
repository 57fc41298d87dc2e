"""A control: choosing blindly."""

from __future__ import annotations

import hashlib
from typing import ClassVar

import torch
from torch import Tensor

from moei_toolkit.routers.base import Router


class RandomRouter(Router):
    """Any expert, as likely as any other, with a confidence that means nothing.

    Logit k is uniform in [0, 1]: the first 64 bits of SHA-256 over ``"SEED/k/"`` and the bytes of g, as
    little-endian float32, over 2^64. So nothing is drawn: the same descriptor meets the same choice in every
    run and in every order, and there is no generator to keep.

    Args:
        experts: K, how many experts there are to choose from.
        seed: Another one gives other choices.
    """

    exportable: ClassVar[bool] = False

    def __init__(self, experts: int, seed: int = 0) -> None:
        super().__init__()
        self._prefixes = [f"{seed}/{expert}/".encode() for expert in range(experts)]

    def forward(self, g: Tensor) -> Tensor:
        """Return logits (B, K)."""
        rows = g.detach().cpu().numpy().astype("<f4")
        logits = [[_uniform(prefix + row.tobytes()) for prefix in self._prefixes] for row in rows]
        return torch.tensor(logits, dtype=g.dtype, device=g.device)


def _uniform(content: bytes) -> float:
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big") / 2**64
