"""The record of a run, ``run.json``: its config and where the result of each stage lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.json_file import parse_json, parse_object

RECORD = "run.json"
"""Name of the record in a run's folder."""


class Result(BaseModel):
    """Where the result of one stage lies.

    Attributes:
        folder: Relative to the run's folder.
        fingerprint: Of the stage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str
    fingerprint: str


class Rerun(BaseModel):
    """A run that was asked to compute stages again, and how far it has got.

    Attributes:
        first: The stage or group it was asked to begin with.
        planned: Stage name -> fingerprint of everything that this means.
        pending: Stage name -> fingerprint of what is still to be computed again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: str
    planned: Mapping[str, str] = {}
    pending: Mapping[str, str]


class RunRecord(BaseModel):
    """What a run has brought so far.

    Attributes:
        format: Version of this file's format.
        config: The whole config, as plain data.
        stages: Stage name -> its result under this config.
        outdated: Stage name -> its result under an earlier config, until the stage has run again.
        rerun: What was asked for by ``--from``, if the last run was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    config: Mapping[str, Any]
    stages: Mapping[str, Result] = {}
    outdated: Mapping[str, Result] = {}
    rerun: Rerun | None = None


def read_run(work_dir: Path) -> RunRecord:
    """Read the record in a run's folder.

    Raises:
        StoreError: It is missing, damaged, or of another format.
    """
    path = work_dir / RECORD
    try:
        return RunRecord.model_validate(parse_object(path.read_bytes()))
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror}. Expected the folder of a run made by tools/train.py, "
            "not what tools/export.py makes of one."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{path} is no record this toolkit can read: {where}: {first['msg']}.") from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}. Run tools/train.py again to write it anew.") from error


def write_run(work_dir: Path, record: RunRecord) -> None:
    """Write the record into a run's folder, unless it is there already.

    Raises:
        StoreError: The disk is full, read-only, or failed.
    """
    path = work_dir / RECORD
    value = record.model_dump(mode="json")
    if not path.exists() or not _holds(path, value):
        atomic_write_json(path, value)


def stage_folder(work_dir: Path, record: RunRecord, stage: str) -> Path:
    """Return the folder that holds the result of a stage.

    Raises:
        StoreError: The run has no such result yet, or its folder is gone.
    """
    if stage not in record.stages:
        raise StoreError(f"the run in {work_dir} has no result of stage '{stage}' yet: finish it first.")
    # The folder of the run may be a link: what leads up from where it stands leads elsewhere.
    folder = Path(os.path.normpath(work_dir.resolve() / record.stages[stage].folder))
    if not folder.is_dir():
        raise StoreError(f"{folder}, the result of stage '{stage}', is gone: run tools/train.py again.")
    return folder


def _holds(path: Path, value: Any) -> bool:
    try:
        return bool(parse_json(path.read_bytes()) == value)
    except (OSError, ValueError):
        return False
