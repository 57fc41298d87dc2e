"""What splits.json says: the split of every capture, and a hash of every split that anyone can check."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moei_toolkit.config.kinds import Split
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_json

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SplitManifest(BaseModel):
    """Who is in which split.

    Attributes:
        version: Of this file's format.
        seed: Decided the order in which captures were assigned.
        shares: Of the splits that captures were divided among.
        captures: Split by capture.
        images: Split by the sha256 of a clean image: what is renamed stays where it was.
        hashes: sha256 of each split, as :func:`hash_splits` finds it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1
    seed: int
    shares: Mapping[Split, float]
    captures: Mapping[str, Split]
    images: Mapping[Sha256, Split] = {}
    hashes: Mapping[Split, Sha256]


def hash_splits(records: Iterable[Record]) -> dict[str, str]:
    """Return the sha256 of every split that has images: of the hashes of these, sorted, one a line."""
    images: dict[str, list[str]] = defaultdict(list)
    for record in records:
        images[record.split].append(record.hash)
    return {
        split: hashlib.sha256("".join(f"{image}\n" for image in sorted(found)).encode()).hexdigest()
        for split, found in sorted(images.items())
    }


def write_split_manifest(path: Path, manifest: SplitManifest) -> None:
    """Write a split manifest, captures and images in the order of their names and hashes.

    Raises:
        StoreError: The disk is full, read-only, or failed.
    """
    in_order = {name: dict(sorted(getattr(manifest, name).items())) for name in ("captures", "images")}
    atomic_write_json(path, {**manifest.model_dump(mode="json"), **in_order})


def read_split_manifest(path: Path) -> SplitManifest:
    """Read a split manifest.

    Raises:
        DataError: It is missing, damaged, or something else.
    """
    try:
        return SplitManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}. Expected a split manifest.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(
            f"{path} is no split manifest this toolkit can read: {where}: {first['msg']}. "
            "Prepare the data into a fresh folder, or bring back the file."
        ) from error
