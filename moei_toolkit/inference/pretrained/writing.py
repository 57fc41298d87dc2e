"""From the files of a run to one file of weights and one that says what they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from moei_toolkit.config.model import FULL, Architecture, Calibration, DType, Model, Origin, Weights
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import CheckpointError
from moei_toolkit.inference.loading.run import (
    BACKBONE_FILE,
    EXPERT_FILE,
    ROUTER_FILE,
    load_calibration,
)
from moei_toolkit.inference.pretrained.explicit import explicit_architecture
from moei_toolkit.inference.pretrained.record import BACKBONE, RECORD, ROUTER, WEIGHTS, expert_prefix
from moei_toolkit.inference.pretrained.tensors import TYPES
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.weights import load_weights, write_tensors
from moei_toolkit.types import expert_stage

_HEADER = {"format": "pt"}
"""Without it, libraries that load from hubs refuse a file: it tells whose tensors these are."""


def write_model(
    folder: Path, config: Config, folders: Mapping[str, Path], origin: Origin, dtype: DType = FULL
) -> Model:
    """Write weights and ``config.json`` of a trained model; the same run gives the same bytes.

    Args:
        folder: Where to.
        config: Of the run.
        folders: Committed folders of its stages, by name.
        origin: Where the model comes from.
        dtype: What weights are stored in; float16 halves the file, and rounds them.

    Returns:
        What was written into ``config.json``.

    Raises:
        CheckpointError: If a file of the run is damaged, or a weight is too large for float16.
        StoreError: If the disk failed.
        RegistryError: If a component is not installed.
    """
    files = {
        BACKBONE: folders["dense"] / BACKBONE_FILE,
        **{expert_prefix(name): folders[expert_stage(name)] / EXPERT_FILE for name in config.experts},
        ROUTER: folders["router"] / ROUTER_FILE,
    }
    tensors = {
        f"{prefix}{name}": _stored(tensor, dtype, f"{file}: {name}")
        for prefix, file in files.items()
        for name, tensor in load_weights(file)[0].items()
    }
    calibrator, rule, threshold = load_calibration(config, folders["calibrate"])
    size, digest = write_tensors(folder / WEIGHTS, tensors, _HEADER)
    model = Model(
        architecture=explicit_architecture(Architecture.of(config)),
        calibration=Calibration(calibrator=calibrator.state(), rule=rule.state(), threshold=threshold),
        weights=Weights(
            bytes=size,
            sha256=digest,
            parameters=sum(tensor.numel() for tensor in tensors.values()),
            dtype=dtype,
        ),
        origin=origin,
    )
    atomic_write_json(folder / RECORD, model.model_dump(mode="json"))
    return model


def _stored(tensor: Tensor, dtype: DType, where: str) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    largest, most = float(tensor.abs().max()) if tensor.numel() else 0.0, torch.finfo(TYPES[dtype]).max
    if largest > most:
        raise CheckpointError(
            f"{where}: expected numbers up to {most:g}, which {dtype} can hold, got {largest:g}. Use --dtype "
            f"{FULL}."
        )
    return tensor.to(TYPES[dtype])
