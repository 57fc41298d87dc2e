"""What an image is like along every route: measured once, whatever a router decides later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_lines import read_json_lines, write_json_lines
from moei_toolkit.io.weights import load_weights, save_weights

MEASUREMENTS_FILE, DESCRIPTORS_FILE = "measurements.jsonl", "descriptors.safetensors"


@dataclass(frozen=True)
class Along:
    """An image restored along one route.

    Attributes:
        metrics: By name, each in the unit its protocol states.
        error: The loss of the image's own task.
        gflops: 1e9 operations of describing and restoring it by tiles.
    """

    metrics: Mapping[str, float]
    error: float
    gflops: float


@dataclass(frozen=True)
class Measured:
    """One image along every route.

    Attributes:
        id: The record's id.
        dataset: Where the scene comes from.
        scene_id: Its scene.
        degradation: Task name, or ``"clean"``.
        severity: In [0, 1].
        routes: By route: ``"input"`` for the untouched image, then every expert, rival, and ``"dense"``.
        g: (1, d), its descriptor.
    """

    id: str
    dataset: str
    scene_id: str
    degradation: str
    severity: float
    routes: Mapping[str, Along]
    g: Tensor


_PLAIN = [field.name for field in fields(Measured) if field.name not in ("routes", "g")]


def write_measurements(folder: Path, measured: Sequence[Measured]) -> None:
    """Write measurements.jsonl, a line per image, and the descriptors beside it.

    Raises:
        StoreError: The disk is full or read-only.
    """
    write_json_lines(folder / MEASUREMENTS_FILE, _rows(measured))
    g = torch.cat([image.g for image in measured])
    save_weights(folder / DESCRIPTORS_FILE, {"g": g}, {"ids": [image.id for image in measured]})


def read_measurements(folder: Path) -> list[Measured]:
    """Read what :func:`write_measurements` left.

    Raises:
        DataError: A file is missing or damaged, or the two are not of the same images.
        CheckpointError: The descriptors are damaged.
    """
    tensors, about = load_weights(folder / DESCRIPTORS_FILE)
    rows = list(read_json_lines(folder / MEASUREMENTS_FILE))
    found = [row.get("id") for _, row in rows]
    if found != about["ids"]:
        raise DataError(
            f"{folder}: expected descriptors of the images in {MEASUREMENTS_FILE}, got others. Measure again."
        )
    return [_parse(row, where, g) for (where, row), g in zip(rows, tensors["g"].split(1), strict=True)]


def measured_as_row(image: Measured) -> dict[str, Any]:
    """Return an image along its routes as plain data, with its descriptor."""
    (row,) = _rows([image])
    return {**row, "g": image.g[0].tolist()}


def measured_from_row(row: dict[str, Any], where: str) -> Measured:
    """Return what `measured_as_row` made plain data of.

    Raises:
        DataError: It is something else; ``where`` it stands is in the message.
    """
    try:
        g = torch.tensor(row.pop("g"), dtype=torch.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: expected a descriptor ({error}). Measure again.") from error
    return _parse(row, where, g[None])


def _rows(measured: Iterable[Measured]) -> Iterable[dict[str, Any]]:
    for image in measured:
        routes = {name: asdict(along) for name, along in image.routes.items()}
        yield {**{name: getattr(image, name) for name in _PLAIN}, "routes": routes}


def _parse(row: dict[str, Any], where: str, g: Tensor) -> Measured:
    try:
        routes = {name: Along(**along) for name, along in row.pop("routes").items()}
        return Measured(**row, routes=routes, g=g)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{where}: expected an image along its routes ({error}). Measure again.") from error
