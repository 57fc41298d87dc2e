"""Encoders from timm, asked for nothing but their shape: no weights are downloaded."""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from moei_toolkit.errors import did_you_mean


class TimmEncoder(nn.Module):
    """An untrained encoder of timm that gives a pyramid: features that are halved from level to level.

    Attributes:
        channels: Of each level, fine to coarse.
        stride: Of the finest level, pixels.
        size_multiple: What sides must be a multiple of. The coarsest level is never a single pixel, which
            batch normalisation cannot be trained with.

    Args:
        name: One of ``timm.list_models()``.

    Raises:
        ValueError: If timm has no such encoder, or it gives no pyramid of images of any size.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.net = _create(name)
        said: Any = self.net.feature_info
        strides: list[int] = said.reduction()
        if any(coarse != 2 * fine for fine, coarse in pairwise(strides)):
            raise ValueError(
                f"encoder {name!r} gives no pyramid: expected strides of which each is twice the one before, "
                f"got {strides}"
            )
        self.channels: list[int] = said.channels()
        self.stride, self.size_multiple = strides[0], 2 * strides[-1]
        self._last = getattr(self.net, "output_fmt", None) == "NHWC"
        self._require_pyramid(name)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return features (B, C_i, H / s_i, W / s_i) of ``x`` (B, 3, H, W), fine to coarse."""
        features: list[Tensor] = self.net(x)
        return [level.permute(0, 3, 1, 2) for level in features] if self._last else features

    @torch.no_grad()
    def _require_pyramid(self, name: str) -> None:
        """Try it on a small image: not every encoder keeps what timm says of it."""
        side = self.size_multiple
        expected = [
            (1, channels, side // (self.stride << level), side // (self.stride << level))
            for level, channels in enumerate(self.channels)
        ]
        self.eval()
        try:
            found = [tuple(level.shape) for level in self(torch.zeros(1, 3, side, side))]
        except Exception as error:  # encoders of one size refuse others in many ways
            cause = " ".join(f"{error}".split())[:200]
            raise ValueError(f"encoder {name!r} does not take images of {side}x{side}: {cause}") from error
        self.train()
        if found != expected:
            raise ValueError(f"encoder {name!r} gives no pyramid: expected {expected}, got {found}")


def _create(name: str) -> nn.Module:
    import timm  # takes seconds, and no other backbone should wait for it

    if not timm.is_model(name):
        close = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = did_you_mean(name, close) or "timm.list_models() names all of them."
        raise ValueError(f"timm has no encoder {name!r}. {hint}")
    try:
        return timm.create_model(name, pretrained=False, features_only=True)
    except Exception as error:  # of no common type
        cause = " ".join(f"{error}".split())[:200]
        raise ValueError(f"encoder {name!r} gives no features of its stages: {cause}") from error
