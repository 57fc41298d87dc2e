"""What a channel lacks, from the places that matter."""

from __future__ import annotations

from torch import Tensor, nn


class ChannelScore(nn.Module):
    """One number per channel, from the mean of the features under learned attention to places.

    Args:
        channels: h, of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.Conv2d(channels, 1, 1, bias=False)
        narrow = max(1, channels // 2)
        self.mlp = nn.Sequential(nn.Linear(channels, narrow), nn.GELU(), nn.Linear(narrow, channels))

    def forward(self, z: Tensor) -> Tensor:
        """Return (B, h, 1, 1) of z (B, h, rows, columns)."""
        weights = self.attention(z).flatten(2).softmax(2)
        pooled = (z.flatten(2) * weights).sum(2)
        score: Tensor = self.mlp(pooled)[:, :, None, None]
        return score
