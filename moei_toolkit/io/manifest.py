"""The manifest of a committed stage: what it was made from, with what, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.json_file import parse_json

MANIFEST = "manifest.json"
"""Name of the manifest in a stage's folder."""


class Output(BaseModel):
    """One file of a stage.

    Attributes:
        sha256: Hash of its content.
        bytes: Its size.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    bytes: int


class Manifest(BaseModel):
    """What a stage was made from and what it holds.

    Attributes:
        format: Version of this file's format.
        stage: Name of the stage.
        fingerprint: Hash of ``recipe``.
        recipe: Everything the fingerprint is the hash of: stage, version, section (of the config),
            inputs (name -> fingerprint), components ("kind/name" -> provider, version, sha256), toolkit
            version, seed.
        outputs: Relative path -> hash and size of every file but the manifest.
        versions: See `moei_toolkit.io.environment.versions`.
        git: Revision of the toolkit's source and whether it was changed, or None.
        started: When the stage began, in UTC, ISO 8601.
        seconds: How long it took, without what an interrupted attempt before it took.
        status: Only complete stages are committed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    stage: str
    fingerprint: str
    recipe: Mapping[str, Any]
    outputs: Mapping[str, Output]
    versions: Mapping[str, Any]
    git: Mapping[str, Any] | None
    started: str
    seconds: float
    status: Literal["complete"] = "complete"

    @property
    def making(self) -> tuple[str, float]:
        """When the stage began, and how long it took: no two makings of it have both equal."""
        return self.started, self.seconds


def outputs_of(folder: Path) -> dict[str, Output]:
    """Return hash and size of every file at and below ``folder``, except its manifest."""
    return {
        name: Output(sha256=sha256_file(folder / name), bytes=(folder / name).stat().st_size)
        for name in file_names(folder)
    }


def file_names(folder: Path) -> list[str]:
    """Return the name of every file at and below ``folder``, except its manifest, in order."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return [path.relative_to(folder).as_posix() for path in files]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a stage's manifest into its folder, whole or not at all.

    Raises:
        StoreError: The disk is full, read-only, or failed.
    """
    atomic_write_json(folder / MANIFEST, manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest in a stage's folder.

    Raises:
        StoreError: It is missing, damaged, or of another format.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate(parse_json(path.read_bytes()))
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreError(f"{path} is no manifest this toolkit can read: {where}: {first['msg']}.") from error
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}.") from error
