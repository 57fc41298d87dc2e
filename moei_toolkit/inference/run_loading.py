"""From the files of a run to objects that work."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.calibrators.abstention import ABSTAIN_ALWAYS
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.model import Architecture
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import CheckpointError, ConfigError
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.parts import Parts, stages_of
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.run_record import RECORD, read_run, stage_folder
from moei_toolkit.io.weights import load_weights
from moei_toolkit.registry import ABSTENTIONS, BACKBONES, CALIBRATORS, EXPERTS, ROUTERS
from moei_toolkit.routers.base import Router

BACKBONE_FILE, EXPERT_FILE, ROUTER_FILE = "backbone.safetensors", "expert.safetensors", "router.safetensors"
CALIBRATION_FILE = "calibration.json"

M = TypeVar("M", bound=nn.Module)


def build_backbone(config: Config | Architecture) -> Backbone:
    """Build an untrained backbone."""
    backbone: Backbone = BACKBONES.build(config.backbone.as_dict())
    return backbone


def backbone_option(config: Config, option: str) -> int:
    """Return a whole number that the backbone is built with, given in the config or by default.

    Raises:
        ConfigError: If the backbone has no such option.
    """
    given = config.backbone.as_dict()
    parameter = inspect.signature(BACKBONES.get(config.backbone.type)).parameters.get(option)
    value = given.get(option, parameter.default if parameter else None)
    if not isinstance(value, int):
        raise ConfigError(f"backbone {config.backbone.type!r} has no whole number called {option!r}")
    return value


def load_backbone(config: Config, folder: Path) -> Backbone:
    """Build the backbone and load what the dense stage left in ``folder``; frozen, in evaluation mode."""
    return _loaded(build_backbone(config), folder / BACKBONE_FILE)


def build_worn(config: Config | Architecture, stage: str, backbone: Backbone) -> Expert:
    """Build ``config.worn[stage]`` around ``backbone``, untrained."""
    expert: Expert = EXPERTS.build(config.worn[stage].expert.as_dict(), backbone=backbone)
    return expert


def build_router(config: Config | Architecture, descriptor_dim: int) -> Router:
    """Build an untrained router with one output per expert."""
    names = tuple(config.experts)
    router: Router = ROUTERS.build(
        config.router.router.as_dict(), descriptor_dim=descriptor_dim, experts=len(names), names=names
    )
    return router


def load_router(config: Config, descriptor_dim: int, folder: Path) -> Router:
    """Build the router and load what its stage left in ``folder``."""
    return _loaded(build_router(config, descriptor_dim), folder / ROUTER_FILE)


def load_calibration(config: Config, folder: Path) -> tuple[Calibrator, AbstentionRule, float]:
    """Return the fitted calibrator, the fitted abstention rule, and the threshold tau.

    Raises:
        CheckpointError: If the file is missing or damaged.
    """
    path = folder / CALIBRATION_FILE
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _no_calibration(str(path), error) from error
    return restore_calibration(config, saved, str(path))


def restore_calibration(
    config: Config | Architecture, saved: Mapping[str, Any], where: str
) -> tuple[Calibrator, AbstentionRule, float]:
    """Return calibrator, abstention rule and threshold from what was saved of them.

    Args:
        config: Says which they are.
        saved: States of ``calibrator`` and ``rule``, which may be missing, and ``threshold``.
        where: What it was read from, for the error.

    Raises:
        CheckpointError: If that is no calibration.
    """
    try:
        calibrator: Calibrator = CALIBRATORS.build(config.calibrate.calibrator.as_dict())
        calibrator.load_state(saved["calibrator"])
        rule: AbstentionRule = ABSTENTIONS.build(config.calibrate.abstention.as_dict())
        rule.load_state(saved.get("rule", {}))
        threshold = float(saved["threshold"])
        if not 0 <= threshold <= ABSTAIN_ALWAYS:
            raise ValueError(f"expected a threshold in [0, 1], or just above, got {threshold}")
        return calibrator, rule, threshold
    except (ValueError, KeyError, TypeError) as error:
        raise _no_calibration(where, error) from error


def require_run(work_dir: Path) -> tuple[Config, dict[str, Path]]:
    """Return the config of a run and the folders of what restoring needs, without opening any weights.

    Raises:
        StoreError: If the run is missing or did not get as far as its calibration.
    """
    config, folders, _ = _required(work_dir)
    return config, folders


@dataclass(frozen=True)
class RunParts(Parts):
    """Parts that lie in the committed folders of a run's stages.

    Attributes:
        architecture: The config of the run.
        folders: By stage; those of what restoring needs, and of rivals where they are asked for.
        stages: See `Parts`; empty where nobody asks.
        where: See `Parts`.
        remedy: See `Parts`.
    """

    architecture: Config
    folders: Mapping[str, Path]
    stages: Mapping[str, str] = field(default_factory=dict)
    where: str = "the config of the run"
    remedy: str = "Install what the run was made with; the manifest.json of each stage names it."

    @classmethod
    def of(cls, path: Path) -> RunParts:
        """Find the parts of a run that got as far as its calibration."""
        config, folders, stages = _required(path)
        where = str(path / RECORD)
        import_custom(config, where)
        return cls(config, folders, stages, where)

    def backbone(self) -> Backbone:
        """See :meth:`Parts.backbone`."""
        with _result_of("dense"):
            return load_backbone(self.architecture, self.folders["dense"])

    def expert(self, name: str, backbone: Backbone) -> Expert:
        """See :meth:`Parts.expert`."""
        return self.made_by(f"experts.{name}", backbone)

    def made_by(self, stage: str, backbone: Backbone) -> Expert:
        """Return what a stage trained for the backbone to wear, an expert or a rival."""
        with _result_of(stage):
            return _loaded(build_worn(self.architecture, stage, backbone), self.folders[stage] / EXPERT_FILE)

    def router(self, descriptor_dim: int) -> Router:
        """See :meth:`Parts.router`."""
        with _result_of("router"):
            return load_router(self.architecture, descriptor_dim, self.folders["router"])

    def calibration(self) -> tuple[Calibrator, AbstentionRule, float]:
        """See :meth:`Parts.calibration`."""
        with _result_of("calibrate"):
            return load_calibration(self.architecture, self.folders["calibrate"])

    def rivals(self, backbone: Backbone) -> dict[str, Expert]:
        """Load what MoE-I is compared with beside dense, by policy: ``single.NAME`` and ``dense-equal``."""
        return {policy: self.made_by(stage, backbone) for policy, stage in self._rivals.items()}

    @property
    def policies(self) -> list[str]:
        """See :attr:`Parts.policies`; also those of the rivals that are trained."""
        return [*super().policies, *self._rivals]

    def worn_under(self, policy: str, backbone: Backbone) -> Expert:
        """See :meth:`Parts.worn_under`."""
        if policy in self._rivals:
            return self.made_by(self._rivals[policy], backbone)
        return super().worn_under(policy, backbone)

    @property
    def _rivals(self) -> dict[str, str]:
        found = self.architecture.rival_policies.items()
        return {policy: stage for policy, stage in found if stage in self.folders}


def load_run(work_dir: Path, device: str = "cpu", threads: int | None = None) -> tuple[EagerRuntime, Decider]:
    """Load the parts of a restorer from the folder of a run that got as far as its calibration.

    Args:
        work_dir: The folder.
        device: Where the networks run.
        threads: On the CPU; one per core when None.

    Raises:
        ConfigError: If the device, or the precision of the config, cannot be used here.
        StoreError: If the run is missing or not that far.
        CheckpointError: If a weights file is damaged.
        RegistryError: If a component is not installed.
    """
    return RunParts.of(work_dir).restorer(device, threads)


def fill(module: M, tensors: Mapping[str, Tensor], where: str) -> M:
    """Load tensors into a module and freeze it, in evaluation mode.

    Raises:
        CheckpointError: If one is missing, too many, or of another shape; ``where`` says what they are.
    """
    try:
        module.load_state_dict(tensors)
    except RuntimeError as error:
        first, *others = (line.strip().rstrip(".") for line in str(error).splitlines()[1:])
        more = f" And {len(others)} more." if others else ""
        raise CheckpointError(f"{where} does not fit {type(module).__name__}: {first}.{more}") from error
    return module.eval().requires_grad_(False)


@contextmanager
def _result_of(stage: str) -> Iterator[None]:
    """Add to the error of a damaged file which stage makes it anew."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{error} Train again with --from {stage} to make it anew.") from error


def _loaded(module: M, path: Path) -> M:
    tensors, _ = load_weights(path)
    return fill(module, tensors, str(path))


def _no_calibration(where: str, error: Exception) -> CheckpointError:
    return CheckpointError(f"{where}: expected a calibration, got {type(error).__name__}: {error}.")


def _required(work_dir: Path) -> tuple[Config, dict[str, Path], dict[str, str]]:
    """Return the config of a run, and folder and fingerprint of every stage that restoring needs."""
    record = read_run(work_dir)
    config = validate_config(record.config, str(work_dir / RECORD))
    folders = {name: stage_folder(work_dir, record, name) for name in stages_of(config)}
    return config, folders, {name: record.stages[name].fingerprint for name in folders}
