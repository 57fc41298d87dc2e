"""What a restorer is assembled from, wherever its weights lie."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.config.model import Architecture
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError, RegistryError, as_sentence, did_you_mean
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.loading.building import make_protocol
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime
from moei_toolkit.routers.base import Router
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, EXPERT_PREFIX, SINGLE_PREFIX, TOP2, expert_stage

if TYPE_CHECKING:
    from typing import Self  # of Python 3.11


def stages_of(architecture: Config | Architecture) -> list[str]:
    """Return the stages of a run that make its parts."""
    return ["dense", *map(expert_stage, architecture.experts), "router", "calibrate"]


class Parts(ABC):
    """The trained parts of one model; none is built before it is asked for.

    Attributes:
        architecture: What the parts are built from.
        stages: Stage of the run that made a part -> fingerprint, as far as that is known.
        where: The file that says so, for errors.
        remedy: What to do where a component is not installed.
    """

    architecture: Config | Architecture
    stages: Mapping[str, str]
    where: str
    remedy: str

    @classmethod
    @abstractmethod
    def of(cls, path: Path) -> Self:
        """Find the parts that lie in a folder, and import the modules that their components are from.

        Raises:
            StoreError: There are none.
            CheckpointError: If a file is damaged, or of a kind this toolkit does not know.
            ConfigError: What they say does not fit.
        """

    @abstractmethod
    def backbone(self) -> Backbone:
        """Return the shared backbone; frozen, in evaluation mode, as all that is returned here."""

    @abstractmethod
    def expert(self, name: str, backbone: Backbone) -> Expert:
        """Return an expert for the backbone to wear."""

    @abstractmethod
    def router(self, descriptor_dim: int) -> Router:
        """Return the router."""

    @abstractmethod
    def calibration(self) -> tuple[Calibrator, AbstentionRule, float]:
        """Return the fitted calibrator, the fitted abstention rule, and the threshold tau."""

    @property
    def experts(self) -> Sequence[str]:
        """Names, in the order of the router's outputs."""
        return list(self.architecture.experts)

    @property
    def policies(self) -> list[str]:
        """What :meth:`worn_under` knows, as ``"expert.haze"``."""
        return [f"{EXPERT_PREFIX}{name}" for name in self.experts]

    def require_policy(self, policy: str) -> None:
        """Refuse what this model cannot restore by.

        Raises:
            ConfigError: It is none of those that every model has, and not among :attr:`policies`.
        """
        known = [DENSE, ACTUAL, TOP2, *self.policies]
        if policy not in known:
            rival = policy == DENSE_EQUAL or policy.startswith(SINGLE_PREFIX)
            hint = "Only a run has it, once it is trained." if rival else did_you_mean(policy, known)
            raise ConfigError(f"expected a policy that this model has, got {policy!r}. {hint}")

    def worn_under(self, policy: str, backbone: Backbone) -> Expert:
        """Return what the backbone wears under one of :attr:`policies`; for errors see :meth:`runtime`."""
        self.require_policy(policy)
        return self.expert(policy.removeprefix(EXPERT_PREFIX), backbone)

    @property
    def protocol(self) -> Protocol:
        """How an image is looked at and tiled."""
        return make_protocol(self.architecture)

    def runtime(self, device: str = "cpu", threads: int | None = None) -> EagerRuntime:
        """Load backbone and experts.

        Raises:
            ConfigError: If the device, or the precision of the protocol, cannot be used here.
            CheckpointError: If a weights file is damaged.
            RegistryError: If a component is not installed.
        """
        with self.saying_where():
            backbone = self.backbone()
            experts = {name: self.expert(name, backbone) for name in self.experts}
        return EagerRuntime(backbone, experts, self.protocol, device, threads=threads)

    def decider(self, descriptor_dim: int, device: str = "cpu") -> Decider:
        """Load router, calibrator, abstention rule and threshold; for the errors see :meth:`runtime`."""
        with self.saying_where():
            router = EagerRouter(self.router(descriptor_dim), device)
            calibrator, rule, threshold = self.calibration()
        return Decider(router, calibrator, threshold, self.experts, rule)

    def restorer(self, device: str = "cpu", threads: int | None = None) -> tuple[EagerRuntime, Decider]:
        """Load both halves of a restorer; for the errors see :meth:`runtime`."""
        runtime = self.runtime(device, threads)
        return runtime, self.decider(runtime.backbone.descriptor_dim, device)

    @contextmanager
    def saying_where(self) -> Iterator[None]:
        """Add to the error of a component that is not installed who asked for it, and what to do."""
        try:
            yield
        except RegistryError as error:
            raise RegistryError(f"{self.where}: {as_sentence(str(error))} {self.remedy}") from error
