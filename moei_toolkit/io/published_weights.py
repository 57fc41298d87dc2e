"""Weights that somebody published for a network of ours, read without running anything from their file."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from moei_toolkit.errors import CheckpointError


@torch.no_grad()
def copy_published(path: Path, ours: Mapping[str, Tensor], advice: str) -> None:
    """Copy the tensors of a file into those of a network, if all of them fit; else change nothing.

    Args:
        path: A file that ``torch.save`` wrote: the state dict, or a dictionary with it under ``"params"``.
        ours: The tensors of the network, by the names that the file has; changed in place.
        advice: What to do when they do not fit, a sentence without its full stop.

    Raises:
        CheckpointError: The file is missing or damaged, holds more than tensors, or does not fit.
    """
    theirs = _read(path)
    _check(path, theirs, ours, advice)
    for name, tensor in ours.items():
        tensor.copy_(theirs[name])


def _read(path: Path) -> Mapping[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path}: damaged, or holds more than plain tensors") from error
    except (OSError, ValueError, RuntimeError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path}: cannot be read as a checkpoint: {error}") from error
    state = content.get("params", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError(f"{path}: expected a state dict of tensors, got something else")
    return state


def _check(path: Path, theirs: Mapping[str, Tensor], ours: Mapping[str, Tensor], advice: str) -> None:
    problems = [f"{name} is missing" for name in ours if name not in theirs]
    problems += [f"{name} is unknown" for name in theirs if name not in ours]
    for name, tensor in ours.items():
        given = theirs.get(name, tensor)
        if given.shape != tensor.shape:
            problems.append(f"{name} has shape {tuple(given.shape)}, expected {tuple(tensor.shape)}")
        elif name in theirs and not bool(torch.isfinite(given).all()):
            problems.append(f"{name} holds values that are not finite")
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise CheckpointError(f"{path} does not fit: {'; '.join(problems[:3])}{more}. {advice}")
