"""What a bundle says about itself, ``bundle.json``, and whether the files beside it are the ones it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from moei_toolkit.calibrators.abstention import ABSTAIN_ALWAYS
from moei_toolkit.config.kinds import Name
from moei_toolkit.config.sections.judging import Inference
from moei_toolkit.config.sections.routing import Views
from moei_toolkit.errors import CheckpointError
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.graphs import Graphs
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.json_file import glance_at
from moei_toolkit.io.versioned_json import read_versioned
from moei_toolkit.types import DENSE

RECORD = "bundle.json"
FORMAT, VERSION = "moei_toolkit.bundle", 1
DESCRIBE, ROUTER, ROUTES = "describe.onnx", "router.onnx", "routes"
WRITTEN = (RECORD, DESCRIBE, ROUTER, ROUTES, f"{ROUTES}/*.onnx")
"""Everything in a bundle, as patterns."""


class Fitted(BaseModel):
    """A calibrator or an abstention rule.

    Attributes:
        component: As a config has it: its type and arguments.
        state: What was fitted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    component: Mapping[str, Any]
    state: Mapping[str, Any]


class BundleRecord(BaseModel):
    """What a bundle is.

    Attributes:
        format: Always the same.
        version: Of the layout of a bundle.
        toolkit: Version of the toolkit that wrote it.
        stages: Stage of the run -> fingerprint.
        protocol: Views, tiles, and the precision they are meant for; graphs hold float32.
        preprocessing: What is done to pixels before and after the graphs, in words and numbers.
        experts: In the order of the router's outputs.
        calibration: How logits become probabilities.
        abstention: Says what is compared with tau; the largest probability when None.
        threshold: tau; below it the dense route is taken.
        files: Graph, relative to the bundle -> SHA-256.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["moei_toolkit.bundle"] = "moei_toolkit.bundle"
    version: Literal[1] = 1
    toolkit: str
    stages: Mapping[str, str]
    protocol: Protocol
    preprocessing: Mapping[str, Any]
    experts: Annotated[tuple[Name, ...], Field(min_length=1)]
    calibration: Fitted
    abstention: Fitted | None = None
    threshold: Annotated[float, Field(ge=0, le=ABSTAIN_ALWAYS, allow_inf_nan=False)]
    files: Mapping[str, str]

    @model_validator(mode="after")
    def _check_protocol(self) -> BundleRecord:
        said = asdict(self.protocol)
        for section in (Views, Inference):
            section.model_validate({name: said[name] for name in section.model_fields})
        if self.protocol.align < 1:
            raise ValueError(f"expected protocol.align of 1 or more, got {self.protocol.align}")
        if len(set(self.experts)) < len(self.experts):
            raise ValueError(f"expected experts of different names, got {', '.join(self.experts)}")
        if unknown := sorted(self.protocol.guides.keys() - {*self.experts, DENSE}):
            raise ValueError(f"expected protocol.guides of experts, got {unknown[0]!r}")
        return self


def graphs_in(folder: Path, experts: Sequence[str]) -> Graphs:
    """Return where the graphs of a bundle lie."""
    routes = {name: folder / ROUTES / f"{name}.onnx" for name in (*experts, DENSE)}
    return Graphs(folder / DESCRIBE, folder / ROUTER, routes)


def files_of(graphs: Graphs) -> list[Path]:
    """Return every file of a model."""
    return [graphs.describe, graphs.router, *graphs.routes.values()]


def is_bundle(folder: Path) -> bool:
    """Tell whether a folder claims to be a bundle."""
    return (folder / RECORD).is_file()


def is_written(folder: Path) -> bool:
    """Tell whether an export of this toolkit wrote a folder, whatever has become of it since."""
    return bool(glance_at(folder / RECORD).get("format") == FORMAT)


def read_bundle(folder: Path) -> BundleRecord:
    """Read the record of a bundle, after checking that all of its files are there and unchanged.

    Raises:
        StoreError: There is no bundle.
        CheckpointError: It is damaged, or of a kind this toolkit does not know.
    """
    path = folder / RECORD
    value = read_versioned(
        path, "bundle", FORMAT, VERSION, "a bundle made by tools/export.py", "Export it again"
    )
    try:
        record = BundleRecord.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CheckpointError(f"{path} is damaged: {where}: {first['msg']}. Export it again.") from error
    for problem in _problems(folder, record):
        raise CheckpointError(f"{problem}. Export it again.")
    return record


def _problems(folder: Path, record: BundleRecord) -> Iterator[str]:
    for file in files_of(graphs_in(folder, record.experts)):
        expected = record.files.get(file.relative_to(folder).as_posix())
        if expected is None:
            yield f"{folder / RECORD} does not list {file.relative_to(folder)}"
        elif not file.is_file():
            yield f"{file} is missing"
        elif sha256_file(file) != expected:
            yield f"{file} is damaged: its SHA-256 is not the one in {RECORD}"
