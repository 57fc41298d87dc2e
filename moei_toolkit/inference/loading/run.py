"""From the files of a run to objects that work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import CheckpointError
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.loading.building import (
    M,
    build_backbone,
    build_router,
    build_worn,
    fill,
    no_calibration,
    restore_calibration,
)
from moei_toolkit.inference.loading.parts import Parts, stages_of
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.json_file import parse_json
from moei_toolkit.io.run_record import RECORD, RunRecord, read_run, stage_folder
from moei_toolkit.io.weights import load_weights
from moei_toolkit.routers.base import Router
from moei_toolkit.types import expert_stage

BACKBONE_FILE, EXPERT_FILE, ROUTER_FILE = "backbone.safetensors", "expert.safetensors", "router.safetensors"
CALIBRATION_FILE = "calibration.json"
_FILES = {"dense": BACKBONE_FILE, "router": ROUTER_FILE, "calibrate": CALIBRATION_FILE}
"""By stage; those of experts leave `EXPERT_FILE`."""


def load_backbone(config: Config, folder: Path) -> Backbone:
    """Build the backbone and load what the dense stage left in ``folder``; frozen, in evaluation mode."""
    return _loaded(build_backbone(config), folder / BACKBONE_FILE)


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
        saved = parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise no_calibration(str(path), error) from error
    return restore_calibration(config, saved, str(path))


def require_run(work_dir: Path) -> tuple[Config, dict[str, Path]]:
    """Return the config of a run and the folders of what restoring needs, without opening any weights.

    Raises:
        StoreError: If the run is missing or did not get as far as its calibration.
    """
    config, _, folders = _required(work_dir)
    return config, folders


def hash_result(stage: str, folder: Path) -> str:
    """Return the SHA-256 of what a stage left: the same recipe may have left something else elsewhere.

    Raises:
        CheckpointError: If the file cannot be read.
    """
    path = folder / _FILES.get(stage, EXPERT_FILE)
    with _result_of(stage):
        try:
            return sha256_file(path)
        except OSError as error:
            raise CheckpointError(f"cannot read {path}: {error.strerror}.") from error


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
        """Find the parts of a run that got as far as its calibration, and the rivals that it has trained."""
        config, record, folders = _required(path)
        where = str(path / RECORD)
        import_custom(config, where)
        made = {name: record.stages[name].fingerprint for name in folders}
        rivals = {name: stage_folder(path, record, name) for name in config.rivals if name in record.stages}
        return cls(config, {**folders, **rivals}, made, where)

    def backbone(self) -> Backbone:
        """See :meth:`Parts.backbone`."""
        with _result_of("dense"):
            return load_backbone(self.architecture, self.folders["dense"])

    def expert(self, name: str, backbone: Backbone) -> Expert:
        """See :meth:`Parts.expert`."""
        return self.made_by(expert_stage(name), backbone)

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


def _required(work_dir: Path) -> tuple[Config, RunRecord, dict[str, Path]]:
    """Return the config of a run, its record, and the folder of every stage that restoring needs."""
    record = read_run(work_dir)
    config = validate_config(record.config, str(work_dir / RECORD))
    return config, record, {name: stage_folder(work_dir, record, name) for name in stages_of(config)}
