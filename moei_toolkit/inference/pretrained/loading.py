"""From the folder of a trained model to objects that work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor, nn

from moei_toolkit.config.loader import import_custom
from moei_toolkit.config.model import Model
from moei_toolkit.errors import CheckpointError, RegistryError, as_sentence, did_you_mean
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
from moei_toolkit.inference.pretrained.tensors import read_parts, require_kinds
from moei_toolkit.inference.run_loading import (
    build_backbone,
    build_router,
    build_worn,
    fill,
    make_protocol,
    restore_calibration,
)
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime

M = TypeVar("M", bound=nn.Module)


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
    parts = read_parts(record, folder)
    import_custom(record.architecture, where)
    try:
        return _assemble(record, parts, folder, device, threads)
    except RegistryError as error:
        raise RegistryError(
            f"{where}: {as_sentence(str(error))} The model was written with {record.origin.writers}; others "
            "may lack something, or not take what it says."
        ) from error


def _assemble(
    record: Model, parts: Mapping[str, Mapping[str, Tensor]], folder: Path, device: str, threads: int | None
) -> tuple[EagerRuntime, Decider]:
    architecture, where = record.architecture.in_order, str(folder / RECORD)

    def filled(module: M, prefix: str) -> M:
        said = f"{folder / WEIGHTS}: {prefix}*"
        require_kinds(module, parts[prefix], said)
        return fill(module, parts[prefix], said)

    backbone = filled(build_backbone(architecture), BACKBONE)
    experts = {}
    for name in architecture.experts:
        experts[name] = filled(build_worn(architecture, f"experts.{name}", backbone), expert_prefix(name))
    protocol = make_protocol(architecture)
    runtime = EagerRuntime(backbone, experts, protocol, device, threads=threads)
    router = filled(build_router(architecture, backbone.descriptor_dim), ROUTER)
    saved = record.calibration.model_dump()
    calibrator, rule, threshold = restore_calibration(architecture, saved, where)
    _require_known(saved["calibrator"], calibrator.state(), f"{where}: calibration.calibrator")
    _require_known(saved["rule"], rule.state(), f"{where}: calibration.rule")
    names = list(architecture.experts)
    return runtime, Decider(EagerRouter(router, device), calibrator, threshold, names, rule)


def _require_known(saved: Mapping[str, Any], state: Mapping[str, object], where: str) -> None:
    """Refuse what a component was given and has not taken."""
    for key in saved:
        if key not in state:
            raise CheckpointError(f"{where}.{key}: unknown key. {did_you_mean(key, state)}".rstrip())
