"""Encoders from timm, asked for nothing but their shape: no weights are downloaded."""

from __future__ import annotations

import copy
import difflib
from contextlib import suppress
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from moei_toolkit.errors import did_you_mean


class TimmEncoder(nn.Module):
    """An untrained encoder of timm that gives a pyramid: features that are halved from level to level.

    What sides must be a multiple of is found by trying: twice the coarsest stride, so that batch
    normalisation never sees a single pixel; else the side of the images that the encoder was published for,
    which its windows of attention divide. Parameters that no feature depends on are frozen.

    Attributes:
        channels: Of each level, fine to coarse.
        stride: Of the finest level, pixels.
        size_multiple: What sides must be a multiple of.

    Args:
        name: One of ``timm.list_models()``.

    Raises:
        ValueError: If timm has no such encoder, it gives no pyramid, takes images of one size only, or cannot
            be trained on a single image.
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
        self.stride = strides[0]
        self._last = getattr(self.net, "output_fmt", None) == "NHWC"
        self.size_multiple = self._find_multiple(name, strides[-1])

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return features (B, C_i, H / s_i, W / s_i) of ``x`` (B, 3, H, W), fine to coarse."""
        features: list[Tensor] = self.net(x)
        return [level.permute(0, 3, 1, 2) for level in features] if self._last else features

    def _find_multiple(self, name: str, coarsest: int) -> int:
        sides = dict.fromkeys((2 * coarsest, _published_side(self.net)))
        *easier, last = [side for side in sides if side % coarsest == 0]
        for multiple in (*easier, last):
            trial = copy.deepcopy(self)  # running changes what batch normalisation remembers
            try:
                trial._try_multiple(multiple)
            except Exception as error:  # encoders of one size refuse others in many ways
                if multiple == last:
                    raise ValueError(
                        f"encoder {name!r} does not take images of any size, padded to multiples of "
                        f"{multiple}: {_said(error)}"
                    ) from error
                continue
            for own, tried in zip(self.parameters(), trial.parameters(), strict=True):
                own.requires_grad_(tried.grad is not None)
            break
        return multiple

    def _try_multiple(self, multiple: int) -> None:
        """Try it on small images: not every encoder keeps what timm says of it."""
        self.to(memory_format=torch.channels_last)
        with torch.random.fork_rng(devices=[]):
            features = self.train()._checked(multiple, multiple)
            torch.stack([level.mean() for level in features]).sum().backward()
            with torch.no_grad():
                self.eval()._checked(multiple, 3 * multiple)

    def _checked(self, height: int, width: int) -> list[Tensor]:
        strides = [self.stride << level for level in range(len(self.channels))]
        expected = [
            (1, channels, height // stride, width // stride)
            for channels, stride in zip(self.channels, strides, strict=True)
        ]
        features = self(torch.rand(1, 3, height, width))
        found = [tuple(level.shape) for level in features]
        if found != expected:
            raise ValueError(f"{height}x{width} becomes {found}, where timm says {expected}")
        return features


def _published_side(net: nn.Module) -> int:
    """Return how wide the images are that an encoder was published for, pixels."""
    about: Any = net.pretrained_cfg
    return int(about["input_size"][-1])


def _said(error: Exception) -> str:
    """Return in one line what an error of timm says; some are assertions that say nothing."""
    return f"{type(error).__name__} {' '.join(f'{error}'.split())}".strip()[:200]


def _create(name: str) -> nn.Module:
    import timm  # takes seconds, and no other backbone should wait for it

    if not timm.is_model(name):
        close = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = did_you_mean(name, close) or "timm.list_models() names all of them."
        raise ValueError(f"timm has no encoder {name!r}. {hint}")
    options: dict[str, Any] = {"pretrained": False, "features_only": True}
    try:
        with suppress(TypeError):  # only those of windows have the argument; they need not insist on a size
            return timm.create_model(name, strict_img_size=False, **options)
        return timm.create_model(name, **options)
    except Exception as error:  # of no common type
        raise ValueError(f"encoder {name!r} gives no features of its stages: {_said(error)}") from error
