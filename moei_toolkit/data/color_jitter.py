"""Training samples under other light: exposure, white balance and saturation change alike in all of one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.io.pixels import LUMA

_UNTOUCHED = 0.5
"""Share of the samples that keep their light: it is the real one that counts."""


def draw_jitter(strength: float, rng: np.random.Generator) -> Tensor | None:
    """Draw a change of light, or none for half of the samples.

    Few photographs teach a network by heart how bright and colourful each of them is, which is what haze
    hides. Haze is linear in light, I = J t + A (1 - t) (Koschmieder), as are streaks and flakes that cover or
    add: a linear change of colours turns a pair into the pair of another scene.

    Args:
        strength: In [0, 1). Exposure goes down to 1 - strength, saturation to 1 - strength and up to
            1 + strength, single channels down to 1 - strength / 4.
        rng: Two samples of one generator differ.

    Returns:
        (3, 3) from RGB to RGB, or None.
    """
    if not strength or rng.random() < _UNTOUCHED:
        return None
    gains = rng.uniform(1 - strength, 1) * rng.uniform(1 - strength / 4, 1, 3)
    saturation = rng.uniform(1 - strength, 1 + strength)
    mixed = saturation * np.eye(3) + (1 - saturation) * np.outer(np.ones(3), LUMA)
    return torch.from_numpy((gains[:, None] * mixed).astype(np.float32))


def jittered(image: Tensor, jitter: Tensor | None) -> Tensor:
    """Return (..., 3, H, W) in [0, 1] under a light that was drawn; the same where it is None."""
    if jitter is None:
        return image
    return torch.einsum("dc,...chw->...dhw", jitter, image).clamp(0, 1)
