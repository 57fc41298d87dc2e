"""From the folder of a trained model to objects that work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.config.loader import import_custom
from moei_toolkit.errors import CheckpointError, did_you_mean
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.loading.building import (
    M,
    build_backbone,
    build_router,
    build_worn,
    fill,
    restore_calibration,
)
from moei_toolkit.inference.loading.parts import Parts, stages_of
from moei_toolkit.inference.pretrained.limit import at_most
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
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.routers.base import Router
from moei_toolkit.types import expert_stage


class ModelParts(Parts):
    """Parts that lie in the one file of a trained model.

    Args:
        folder: Of the model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = read_model(folder)
        self._tensors = read_parts(self._record, folder)
        self.architecture = self._record.architecture.in_order
        self.where = str(folder / RECORD)
        self.remedy = (
            f"The model was written with {self._record.origin.writers}; others may lack something, or not "
            "take what it says."
        )
        made, own = self._record.origin.stages, stages_of(self.architecture)
        self.stages = {stage: made[stage] for stage in own if stage in made}

    @classmethod
    def of(cls, path: Path) -> ModelParts:
        """Find the parts of a trained model."""
        parts = cls(path)  # opens the weights: for a damaged model, a stranger's modules are not imported
        import_custom(parts.architecture, parts.where)
        return parts

    def backbone(self) -> Backbone:
        """See :meth:`Parts.backbone`."""
        return self._filled(lambda: build_backbone(self.architecture), BACKBONE)

    def expert(self, name: str, backbone: Backbone) -> Expert:
        """See :meth:`Parts.expert`."""
        return self._filled(
            lambda: build_worn(self.architecture, expert_stage(name), backbone), expert_prefix(name)
        )

    def router(self, descriptor_dim: int) -> Router:
        """See :meth:`Parts.router`."""
        return self._filled(lambda: build_router(self.architecture, descriptor_dim), ROUTER)

    def calibration(self) -> tuple[Calibrator, AbstentionRule, float]:
        """See :meth:`Parts.calibration`."""
        saved = self._record.calibration.model_dump()
        calibrator, rule, threshold = restore_calibration(self.architecture, saved, self.where)
        _require_known(saved["calibrator"], calibrator.state(), f"{self.where}: calibration.calibrator")
        _require_known(saved["rule"], rule.state(), f"{self.where}: calibration.rule")
        return calibrator, rule, threshold

    def _filled(self, build: Callable[[], M], prefix: str) -> M:
        tensors, said = self._tensors[prefix], f"{self._folder / WEIGHTS}: {prefix}*"
        with at_most(sum(tensor.numel() for tensor in tensors.values()), f"{self.where}: {prefix}*"):
            module = build()
        require_kinds(module, tensors, said)
        return fill(module, tensors, said)


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
    return ModelParts.of(find_model(model)).restorer(device, threads)


def _require_known(saved: Mapping[str, Any], state: Mapping[str, object], where: str) -> None:
    """Refuse what a component was given and has not taken."""
    for key in saved:
        if key not in state:
            raise CheckpointError(f"{where}.{key}: unknown key. {did_you_mean(key, state)}".rstrip())
