"""What is measured: one way of restoring with one model, as plain values for another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from moei_toolkit.errors import BenchError
from moei_toolkit.inference.machine.threads import thread_count
from moei_toolkit.inference.runtimes.names import OF_BUNDLES
from moei_toolkit.types import ACTUAL, DENSE, Precision

Tiling = Literal["banded", "whole"]
"""How tiles become an image: band by band as the toolkit does, or all at once as is usual elsewhere."""


@dataclass(frozen=True)
class Model:
    """Where a model lies: in the stages of a run, or in a folder of its own.

    Attributes:
        config: Of the run, as plain data.
        folders: Committed folder of each stage of the run that it needs, by name.
        bundle: Folder of its exported bundle, which some runtimes need.
        pretrained: Folder of a trained model; config and folders are empty then.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    bundle: str | None = None
    pretrained: str | None = None


@dataclass(frozen=True)
class Subject:
    """One way of restoring an image.

    Attributes:
        name: What it is called in tables.
        policy: ``"dense"``, ``"actual"`` (MoE-I), ``"top2"``, ``"dense-equal"``, ``"single.NAME"`` or
            ``"expert.NAME"``.
        runtime: What the networks run with.
        tiling: How tiles become an image.
        device: Where networks run.
        threads: Processor threads; all when None.
        batch: Most tiles per call of the network.
        experts: How many experts lie in memory: the first of the model, or all of them and untrained ones;
            as many as the model has when None.
        precision: What tiles are computed in; that of the model when None.
        backbone: Changed options of the backbone, for instance ``{"width": 28}``: it is then untrained,
            which changes no cost.
    """

    name: str
    policy: str = DENSE
    runtime: str = "eager"
    tiling: Tiling = "banded"
    device: str = "cpu"
    threads: int | None = None
    batch: int = 1
    experts: int | None = None
    precision: Precision | None = None
    backbone: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("threads", "batch", "experts"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise BenchError(f"{self.name}: expected 1 or more {name}, got {value}")
        thread_count(self.threads)
        if self.tiling == "whole" and self.precision not in (None, "float32"):
            raise BenchError(f"{self.name}: the usual tiler is measured in float32, not in {self.precision}")
        if self.tiling == "whole" and self.device != "cpu":
            raise BenchError(
                f"{self.name}: the usual tiler is measured on the processor, not on {self.device}"
            )
        if self.runtime in OF_BUNDLES:
            self._require_in_bundle()

    def _require_in_bundle(self) -> None:
        """Refuse what exported graphs cannot do."""
        hint = f"{self.runtime} runs exported graphs on the processor; measure that in eager."
        if self.policy not in (DENSE, ACTUAL):
            raise BenchError(f"{self.name}: expected {DENSE!r} or {ACTUAL!r}, got {self.policy!r}. {hint}")
        plain = Subject(self.name, self.policy)
        for name in ("tiling", "device", "experts", "backbone"):
            value, known = getattr(self, name), getattr(plain, name)
            if value != known:
                raise BenchError(f"{self.name}: expected {name} {known!r}, got {value!r}. {hint}")


def require_different_names(subjects: Sequence[Subject]) -> None:
    """Refuse subjects whose measurements could not be told apart.

    Raises:
        BenchError: If two have one name.
    """
    names = [subject.name for subject in subjects]
    if len(set(names)) < len(names):
        raise BenchError(f"expected subjects of different names, got {', '.join(names)}")


@dataclass(frozen=True)
class Size:
    """Width and height of an image, in pixels."""

    width: int
    height: int

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.width * self.height / 1e6

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


UHD = Size(3840, 2160)


def job_of(model: Model, subject: Subject, size: Size) -> dict[str, Any]:
    """Return what a worker needs to know, for JSON."""
    return {"model": asdict(model), "subject": asdict(subject), "size": asdict(size)}


def read_job(job: Mapping[str, Any]) -> tuple[Model, Subject, Size]:
    """Return what :func:`job_of` was given."""
    return Model(**job["model"]), Subject(**job["subject"]), Size(**job["size"])
