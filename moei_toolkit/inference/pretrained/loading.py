"""From the folder of a trained model to objects that work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from moei_toolkit.config.loader import import_custom
from moei_toolkit.config.model import Model
from moei_toolkit.errors import CheckpointError, RegistryError
from moei_toolkit.inference.bundle import (
    build_backbone,
    build_router,
    build_worn,
    fill,
    make_protocol,
    restore_calibration,
)
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.pretrained.record import (
    BACKBONE,
    RECORD,
    ROUTER,
    WEIGHTS,
    expert_prefix,
    read_model,
)
from moei_toolkit.inference.pretrained.shipped import find_model
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime
from moei_toolkit.io.weights import read_tensors


def load_pretrained(
    model: str | Path, device: str = "cpu", threads: int | None = None
) -> tuple[EagerRuntime, Decider]:
    """Load the parts of a restorer from a trained model; they give what those of its run give, bit for bit.

    Args:
        model: Its folder, or the name of one that comes with the toolkit, such as ``"moei-tiny"``.
        device: Where networks run.
        threads: On the CPU; one per core when None.

    Raises:
        ConfigError: If there is no such model, what it says does not fit, or the device or the precision
            cannot be used here.
        WeightsMissingError: If this installation came without the model.
        StoreError: If the folder holds no model.
        CheckpointError: If a file of it is damaged, or of a kind this toolkit does not know.
        RegistryError: If a component is not installed.
    """
    folder = find_model(model)
    record, where = read_model(folder), str(folder / RECORD)
    parts = _parts(record, folder)
    import_custom(record.architecture, where)
    try:
        return _assemble(record, parts, folder, device, threads)
    except RegistryError as error:
        raise RegistryError(
            f"{where}: {error} The model was written with moei_toolkit {record.origin.toolkit}; install what "
            "offers it."
        ) from error


def _assemble(
    record: Model, parts: Mapping[str, Mapping[str, Tensor]], folder: Path, device: str, threads: int | None
) -> tuple[EagerRuntime, Decider]:
    architecture, where = record.architecture, str(folder / RECORD)

    def said(prefix: str) -> str:
        return f"{folder / WEIGHTS}: {prefix}*"

    backbone = fill(build_backbone(architecture), parts[BACKBONE], said(BACKBONE))
    experts = {}
    for name in architecture.experts:
        prefix = expert_prefix(name)
        fresh = build_worn(architecture, f"experts.{name}", backbone)
        experts[name] = fill(fresh, parts[prefix], said(prefix))
    protocol = make_protocol(architecture)
    runtime = EagerRuntime(backbone, experts, protocol, device, threads=threads)
    router = fill(build_router(architecture, backbone.descriptor_dim), parts[ROUTER], said(ROUTER))
    calibrator, rule, threshold = restore_calibration(architecture, record.calibration.model_dump(), where)
    names = list(architecture.experts)
    return runtime, Decider(EagerRouter(router, device), calibrator, threshold, names, rule)


def _parts(record: Model, folder: Path) -> dict[str, dict[str, Tensor]]:
    """Return the tensors by prefix, and in there by the name that the module has for them."""
    path = folder / WEIGHTS
    tensors = read_tensors(path, record.weights.bytes, record.weights.sha256, RECORD)
    prefixes = [BACKBONE, *map(expert_prefix, record.architecture.experts), ROUTER]
    parts = {
        prefix: {
            name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)
        }
        for prefix in prefixes
    }
    unknown = sorted(name for name in tensors if not name.startswith(tuple(prefixes)))
    if unknown:
        known = ", ".join(f"{prefix}*" for prefix in prefixes)
        raise CheckpointError(f"{path}: expected tensors of {known}, got {unknown[0]!r}.")
    return parts
