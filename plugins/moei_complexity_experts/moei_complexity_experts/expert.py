"""An expert that holds branches of different complexity at every block, and routes between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from moei_complexity_experts.balance import imbalance
from moei_complexity_experts.branches import Branches
from moei_complexity_experts.routing import BlockRouter, Decision
from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.owned_blocks import own_last_blocks


class ComplexityExperts(Expert):
    """Adds to the output h of each block what one of several branches makes of it, starting from zero.

    A proxy of MoCE-IR (Zamfir et al., "Complexity Experts are Task-Discriminative Learners for Any Image
    Restoration", CVPR 2025) in the size of an adapter: wider branches see farther, a router at every block
    picks one of them by the mean of h, and the penalty of training keeps them busy, simple ones more than
    complex ones.

    The last ``top_blocks`` sites are private copies of the dense blocks, as those of ``adapter`` are.

    Args:
        backbone: A trained backbone; its sites are read and its last blocks copied, nothing is kept of it.
        reductions: Hidden channels of each branch as a fraction of its site's channels, in (0, 1].
        kernels: Size of the depthwise convolution of each branch, odd.
        top_blocks: How many of the last sites the expert owns as copies.
        complexity_bias: Let a branch count by its share of the parameters of the largest one when the
            importance of branches is evened out. Else all count the same.
        noise_at_test: Add the noise of training to the logits in evaluation mode too, as the public code
            does. Then no result is the same twice, and the contract of an expert is broken.
        penalty_weight: Of the penalty, >= 0.

    Raises:
        ValueError: If there are not two branches at least, with as many kernels as reductions, or an argument
            is out of its range.
    """

    def __init__(
        self,
        backbone: Backbone,
        reductions: Sequence[float] = (1 / 32, 1 / 16, 1 / 8),
        kernels: Sequence[int] = (3, 5, 7),
        top_blocks: int = 5,
        complexity_bias: bool = True,
        noise_at_test: bool = False,
        penalty_weight: float = 0.01,
    ) -> None:
        super().__init__()
        _check_branches(reductions, kernels)
        refined, copies = own_last_blocks(backbone, top_blocks)
        if not 0 <= penalty_weight < math.inf:
            raise ValueError(f"penalty_weight must be 0 or more, and finite, got {penalty_weight}")
        self.complexity_bias = complexity_bias
        self.penalty_weight = penalty_weight
        self.branches = nn.ModuleDict({site: Branches(c, reductions, kernels) for site, c in refined.items()})
        self.routers = nn.ModuleDict(
            {site: BlockRouter(c, len(reductions), noise_at_test) for site, c in refined.items()}
        )
        self.copies = copies
        self.requires_grad_(True)
        self._imbalances: list[Tensor] = []

    def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
        """Run the private copy where there is one, else the dense block followed by one of its branches."""
        if site in self.copies:
            return self.copies[site](x)
        h = block(x)
        decision: Decision = self.routers[site](h)
        if self.training:
            self._imbalances.append(imbalance(decision, self._complexity(site).to(h.device)))
        refined: Tensor = self.branches[site](h, decision)
        return refined

    def penalty(self) -> Tensor | None:
        """Return how unevenly branches were used, on average over the blocks, times ``penalty_weight``.

        Switching between training and evaluation forgets the runs before.
        """
        if not self._imbalances:
            return None
        mean = torch.stack(self._imbalances).mean()
        self._imbalances.clear()
        return self.penalty_weight * mean

    def train(self, mode: bool = True) -> ComplexityExperts:
        """Switch to training or evaluation; see :meth:`penalty`."""
        self._imbalances.clear()  # they hold on to everything their gradients need, and cannot be copied
        return super().train(mode)

    def _complexity(self, site: str) -> Tensor:
        sizes = torch.tensor(cast(Branches, self.branches[site]).sizes(), dtype=torch.float32)
        return sizes / sizes.max() if self.complexity_bias else torch.ones_like(sizes)


def _check_branches(reductions: Sequence[float], kernels: Sequence[int]) -> None:
    if not 2 <= len(reductions) == len(kernels):
        raise ValueError(
            f"expected two branches at least, each with a reduction and a kernel, got {list(reductions)} and "
            f"{list(kernels)}"
        )
    if not all(0 < reduction <= 1 for reduction in reductions):
        raise ValueError(f"reductions must lie in (0, 1], got {list(reductions)}")
    if not all(kernel > 0 and kernel % 2 for kernel in kernels):
        raise ValueError(f"kernels must be odd and above 0, got {list(kernels)}")
