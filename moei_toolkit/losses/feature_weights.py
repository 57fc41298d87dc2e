"""Read the convolution weights of an image network that someone else trained, and trust nothing in them."""

from __future__ import annotations

import hashlib
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from moei_toolkit.errors import CheckpointError

HASH_SUFFIX = re.compile(r"-([0-9a-f]{8,64})$")
SUFFIXES = (".pth", ".pt", ".safetensors", ".npz")


def read_feature_weights(path: Path) -> dict[str, Tensor]:
    """Read a state dict of torchvision's ``features`` without running any code from the file.

    Keys may be those of the whole network (``features.0.weight``; the classifier is left out) or of its
    feature part alone (``0.weight``).

    Args:
        path: A ``.pth`` / ``.pt`` (weights only), ``.safetensors`` or ``.npz`` file. When the name ends in
            torchvision's hash (``alexnet-owt-7be5be79.pth``), the SHA-256 of the file must begin with it.

    Returns:
        Key below ``features`` to float32 tensor.

    Raises:
        CheckpointError: The file is damaged, of an unknown kind, or holds something else.
    """
    if path.suffix not in SUFFIXES:
        raise CheckpointError(f"{path}: feature weights are read from {', '.join(SUFFIXES)} files only")
    _check_hash(path)
    state = _read(path)
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError(f"{path}: expected a state dict of tensors, got {type(state).__name__}")
    return {
        str(key).removeprefix("features."): value.float()
        for key, value in state.items()
        if not str(key).startswith("classifier.")
    }


def check_feature_weights(path: Path, weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Compare weights with what the network expects.

    Args:
        path: Where they came from, for the message.
        weights: What was read.
        expected: Tensors of the shapes the network has, under the same keys.

    Raises:
        CheckpointError: A key is missing or unknown, a shape differs, or a value is not finite.
    """
    problems = [f"{key} is missing" for key in sorted(expected.keys() - weights.keys())]
    problems += [f"{key} is not a layer of this network" for key in sorted(weights.keys() - expected.keys())]
    for key in sorted(expected.keys() & weights.keys()):
        if weights[key].shape != expected[key].shape:
            got, wanted = tuple(weights[key].shape), tuple(expected[key].shape)
            problems.append(f"{key} has shape {got}, expected {wanted}")
        elif not bool(torch.isfinite(weights[key]).all()):
            problems.append(f"{key} holds values that are not finite")
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise CheckpointError(f"{path}: does not fit this network: {'; '.join(problems[:3])}{more}")


def _check_hash(path: Path) -> None:
    match = HASH_SUFFIX.search(path.stem)
    if match is None:
        return
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(match[1]):
        raise CheckpointError(
            f"{path}: the name promises a SHA-256 that begins with {match[1]}, the file has "
            f"{digest[:16]}...; it is damaged or not what it is called, fetch it again"
        )


def _read(path: Path) -> object:
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {key: torch.from_numpy(arrays[key]) for key in arrays.files}
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, ValueError, RuntimeError, EOFError, KeyError, TypeError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read as feature weights: {error}") from error
    except (pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path}: damaged, or holds more than plain tensors: {error}") from error
