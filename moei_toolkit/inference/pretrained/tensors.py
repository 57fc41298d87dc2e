"""The tensors of a trained model, held against what its ``config.json`` says of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from moei_toolkit.config.model import DType, Model
from moei_toolkit.errors import CheckpointError
from moei_toolkit.inference.pretrained.record import BACKBONE, RECORD, ROUTER, WEIGHTS, expert_prefix
from moei_toolkit.io.weights import read_tensors

TYPES: dict[DType, torch.dtype] = {"float32": torch.float32, "float16": torch.float16}
"""What floating point tensors are stored in, by the name that ``config.json`` has for it."""

_POINTER = b"version https://git-lfs"


def read_parts(record: Model, folder: Path) -> dict[str, dict[str, Tensor]]:
    """Return the tensors by prefix, and in there by the name that the module has for them.

    Args:
        record: What ``config.json`` says.
        folder: Of the model.

    Raises:
        CheckpointError: The file is missing or damaged, or its tensors are not what the record says.
    """
    path = folder / WEIGHTS
    try:
        tensors = read_tensors(path, record.weights.bytes, record.weights.sha256, RECORD)
    except CheckpointError as error:
        raise CheckpointError(f"{error} {_remedy(path)}") from error
    _require_described(record, tensors, path)
    prefixes = [BACKBONE, *map(expert_prefix, record.architecture.experts), ROUTER]
    unknown = sorted(name for name in tensors if not name.startswith(tuple(prefixes)))
    if unknown:
        known = ", ".join(f"{prefix}*" for prefix in prefixes)
        raise CheckpointError(f"{path}: expected tensors of {known}, got {unknown[0]!r}.")
    return {
        prefix: {
            name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)
        }
        for prefix in prefixes
    }


def require_kinds(module: nn.Module, tensors: Mapping[str, Tensor], where: str) -> None:
    """Refuse whole numbers where a module has floating point ones, or the other way round.

    Raises:
        CheckpointError: Names the tensor; ``where`` says what they are.
    """
    for name, own in module.state_dict().items():
        given = tensors.get(name, own)
        if given.is_floating_point() != own.is_floating_point():
            raise CheckpointError(
                f"{where} does not fit {type(module).__name__}: expected {own.dtype} for {name!r}, got "
                f"{given.dtype}."
            )


def _require_described(record: Model, tensors: Mapping[str, Tensor], path: Path) -> None:
    said, count = record.weights, sum(tensor.numel() for tensor in tensors.values())
    if count != said.parameters:
        raise CheckpointError(f"{path}: expected {said.parameters} numbers, as {RECORD} says, got {count}.")
    for name, tensor in tensors.items():
        if not tensor.is_floating_point():
            continue
        if tensor.dtype != TYPES[said.dtype]:
            raise CheckpointError(
                f"{path}: expected {said.dtype}, as {RECORD} says, got {tensor.dtype} for {name!r}."
            )
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(f"{path}: expected finite numbers, got NaN or infinity in {name!r}.")


def _remedy(path: Path) -> str:
    try:
        with path.open("rb") as file:
            is_pointer = file.read(len(_POINTER)) == _POINTER
    except OSError:
        is_pointer = False
    if is_pointer:
        return "It is a pointer of Git LFS to the file itself, which `git lfs pull` fetches."
    return "Get the model again."
