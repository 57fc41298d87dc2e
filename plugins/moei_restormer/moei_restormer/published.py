"""The weights that the authors published, read without running anything from their file."""

from __future__ import annotations

import re
from pathlib import Path

from torch import Tensor

from moei_restormer.restormer import Restormer
from moei_toolkit.io.published_weights import copy_published

ADDED = ("context", "film", "descriptor")
"""Modules that a backbone has and the published network has not."""

_ADVICE = "Build the backbone in the shape of the checkpoint; those for denoising need norm_bias=False"

_THEIRS = {
    "embed": "patch_embed.proj",
    "encoders.0": "encoder_level1",
    "encoders.1": "encoder_level2",
    "encoders.2": "encoder_level3",
    "encoders.3": "latent",
    "downs.0.0": "down1_2.body.0",
    "downs.1.0": "down2_3.body.0",
    "downs.2.0": "down3_4.body.0",
    "ups.0.0": "up4_3.body.0",
    "ups.1.0": "up3_2.body.0",
    "ups.2.0": "up2_1.body.0",
    "joins.0": "reduce_chan_level3",
    "joins.1": "reduce_chan_level2",
    "decoders.0": "decoder_level3",
    "decoders.1": "decoder_level2",
    "decoders.2": "decoder_level1",
}
"""Names of the authors that differ from ours."""

_OURS = re.compile("|".join(rf"{name}(?=\.)" for name in map(re.escape, _THEIRS)))
_NORM = re.compile(r"\.(norm[12])\.")


def published_name(name: str) -> str:
    """Return what the authors call a tensor of ours."""
    return _NORM.sub(r".\1.body.", _OURS.sub(lambda match: _THEIRS[match[0]], name, count=1))


def published_state(backbone: Restormer) -> dict[str, Tensor]:
    """Return the tensors of a backbone that the published network has as well, by the authors' names."""
    state = backbone.state_dict()
    return {
        published_name(name): tensor for name, tensor in state.items() if name.partition(".")[0] not in ADDED
    }


def load_published(backbone: Restormer, path: Path) -> None:
    """Load a checkpoint of the authors, for instance ``deraining.pth``.

    Afterwards the backbone restores as theirs does. What it has beside, descriptor and modulation, stays as
    it was; fresh, it changes nothing.

    Args:
        backbone: In the shape of the checkpoint. It is changed only if all fits.
        path: A file that ``torch.save`` wrote: the state dict, or a dictionary with it under ``"params"``.

    Raises:
        CheckpointError: The file is missing or damaged, holds more than tensors, or does not fit.
    """
    copy_published(path, published_state(backbone), _ADVICE)
