"""Weights on disk: a safetensors file, and beside it a JSON file that describes it and proves it whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from moei_toolkit.errors import CheckpointError
from moei_toolkit.io.atomic import atomic_path, atomic_write_json
from moei_toolkit.io.hashing import sha256_bytes, sha256_file
from moei_toolkit.io.json_file import parse_json

FORMAT = "moei_toolkit.weights"
VERSION = 1
_SUFFIX = ".safetensors"
_PICKLES = {".pth", ".pt", ".ckpt", ".bin", ".pkl", ".pickle"}


def weights_path(path: Path) -> Path:
    """Return the safetensors file meant by ``path``: a file, a file without its suffix, or a folder."""
    if path.suffix == _SUFFIX:
        return path
    if path.is_dir():
        return path / f"weights{_SUFFIX}"
    return path.with_name(path.name + _SUFFIX)


def save_weights(path: Path, tensors: Mapping[str, Tensor], info: Mapping[str, Any]) -> Path:
    """Write tensors and the JSON file beside them; both are read back or hashed before they count.

    Args:
        path: ``name.safetensors``, ``name``, or an existing folder (then ``weights.safetensors`` in it).
        tensors: What to save, by name; any device and layout.
        info: Plain data about the tensors, kept in the JSON file.

    Returns:
        The safetensors file.

    Raises:
        CheckpointError: A tensor holds NaN or infinity, or the file reads back differently.
        StoreError: The disk is full, read-only, or failed.
    """
    target = weights_path(path)
    size, digest = write_tensors(target, tensors)
    description = _description(target.name, size, digest, tensors, info)
    atomic_write_json(target.with_suffix(".json"), description)
    return target


def write_tensors(
    target: Path, tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Write a safetensors file, whole or not at all; the same tensors give the same bytes.

    Args:
        target: The file.
        tensors: See `save_weights`.
        about: What is kept in its header; one item at most, for their order is not fixed.

    Returns:
        Its size in bytes and its SHA-256.

    Raises:
        CheckpointError: See `save_weights`.
        StoreError: See `save_weights`.
    """
    storable = {name: _storable(name, tensor, target) for name, tensor in tensors.items()}
    data = safetensors.torch.save(storable, dict(about) if about else None)
    digest = sha256_bytes(data)
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)
        if sha256_file(temporary) != digest:
            raise CheckpointError(f"{target} reads back differently from what was written: check the disk.")
    return len(data), digest


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read tensors that `save_weights` wrote, after checking that they are whole.

    Args:
        path: As given to `save_weights`.

    Returns:
        The tensors by name, on the CPU, and the info saved with them.

    Raises:
        CheckpointError: A file is missing, truncated, altered, or of another kind.
    """
    target = _refuse_pickle(path)
    description = _read_description(target)
    tensors = read_tensors(target, description["bytes"], description["sha256"], f"{target.stem}.json")
    return tensors, description["info"]


def read_tensors(target: Path, size: int, digest: str, said_in: str) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file, on the CPU, after checking that they are whole.

    Args:
        target: The file.
        size: What it must have, bytes.
        digest: The SHA-256 it must have.
        said_in: Name of the file that says so.

    Raises:
        CheckpointError: It is missing, truncated, altered, or of another kind.
    """
    data = _read_bytes(target)
    if len(data) != size:
        raise CheckpointError(
            f"{target} is truncated or was replaced: expected {size} bytes, got {len(data)}."
        )
    if sha256_bytes(data) != digest:
        raise CheckpointError(f"{target} is damaged: its SHA-256 is not the one in {said_in}.")
    try:
        return safetensors.torch.load(data)
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"{target} is not a safetensors file: {error}") from error


def _storable(name: str, tensor: Tensor, target: Path) -> Tensor:
    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(f"cannot save {target}: tensor '{name}' holds NaN or infinity.")
    return tensor.detach().cpu().contiguous().clone()


def _description(
    file: str, size: int, digest: str, tensors: Mapping[str, Tensor], info: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "file": file,
        "bytes": size,
        "sha256": digest,
        "parameters": sum(tensor.numel() for tensor in tensors.values()),
        "info": dict(info),
    }


def _refuse_pickle(path: Path) -> Path:
    if path.suffix.lower() in _PICKLES:
        raise CheckpointError(
            f"{path} is a pickled checkpoint, which could run any code when opened. Read its tensors with "
            "torch.load(path, weights_only=True) and save them with moei_toolkit.io.weights.save_weights."
        )
    return weights_path(path)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}.") from error


def _read_description(target: Path) -> dict[str, Any]:
    path = target.with_suffix(".json")
    if target.exists() and not path.exists():
        raise CheckpointError(f"{path} is missing, and {target.name} cannot be checked without it.")
    try:
        description = parse_json(_read_bytes(path))
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}.") from error
    known = isinstance(description, dict) and description.get("format") == FORMAT
    if not known or not {"version", "bytes", "sha256", "info"} <= description.keys():
        raise CheckpointError(f"{path} does not describe weights: expected the format '{FORMAT}'.")
    if description["version"] != VERSION:
        raise CheckpointError(f"{path} has version {description['version']}; this toolkit reads {VERSION}.")
    return description
