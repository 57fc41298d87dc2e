"""The weights that the authors published, read without running anything from their file."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from moei_nafnet.nafnet import NAFNet
from moei_toolkit.io.published_weights import copy_published

ADDED = ("context", "film", "descriptor")
"""Modules that a backbone has and the published network has not."""

_ADVICE = "Build the backbone in the width and the numbers of blocks of the checkpoint"


def published_state(backbone: NAFNet) -> dict[str, Tensor]:
    """Return the tensors of a backbone that the published network has as well, by the authors' names."""
    state = backbone.state_dict()
    return {name: tensor for name, tensor in state.items() if name.partition(".")[0] not in ADDED}


def load_published(backbone: NAFNet, path: Path) -> None:
    """Load a checkpoint of the authors, for instance ``NAFNet-SIDD-width32.pth``.

    Afterwards the backbone restores as theirs does. What it has beside, descriptor and modulation, stays as
    it was; fresh, it changes nothing.

    Args:
        backbone: In the width and the numbers of blocks of the checkpoint. It is changed only if all fits.
        path: A file that ``torch.save`` wrote: the state dict, or a dictionary with it under ``"params"``.

    Raises:
        CheckpointError: The file is missing or damaged, holds more than tensors, or does not fit.
    """
    copy_published(path, published_state(backbone), _ADVICE)
