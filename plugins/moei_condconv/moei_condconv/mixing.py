"""A convolution whose kernel every image mixes for itself."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MixedConv2d(nn.Module):
    """Convolves z with ``sum_i r_i(z) W_i``, where r(z) = sigmoid(R mean(z)): one convolution, not n.

    Convolution is linear in its kernel, so it returns what the sum of n convolutions weighted by r does.
    Yang et al., "CondConv: Conditionally Parameterized Convolutions for Efficient Inference", NeurIPS 2019.

    Args:
        channels: Of input and output.
        kernels: n.
        size: Of a kernel, odd.
    """

    def __init__(self, channels: int, kernels: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.route = nn.Linear(channels, kernels, bias=False)
        inputs = channels * size**2
        bound = 1 / math.sqrt(inputs)  # as torch starts a convolution
        # Flat, because a network can be moved to channels_last only if nothing in it has five dimensions.
        self.kernels = nn.Parameter(torch.empty(kernels, channels * inputs).uniform_(-bound, bound))
        self.biases = nn.Parameter(torch.empty(kernels, channels).uniform_(-bound, bound))

    def gates(self, z: Tensor) -> Tensor:
        """Return r (B, n) in (0, 1) of z (B, channels, rows, columns)."""
        return self.route(z.mean((2, 3))).sigmoid()

    def forward(self, z: Tensor) -> Tensor:
        """Return the shape of z (B, channels, rows, columns)."""
        gates = self.gates(z)
        images, channels, rows, columns = z.shape
        kernels = (gates @ self.kernels).view(images * channels, channels, self.size, self.size)
        biases = (gates @ self.biases).flatten()
        # Each image has a kernel of its own: as many groups of one convolution as there are images.
        side_by_side = z.reshape(1, images * channels, rows, columns)
        convolved = F.conv2d(side_by_side, kernels, biases, padding=self.size // 2, groups=images)
        return convolved.view(images, channels, rows, columns)
