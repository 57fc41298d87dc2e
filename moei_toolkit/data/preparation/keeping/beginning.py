"""What a preparation notes down before anything else: killed before its first result, it is known by that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.data.preparation.prepared_set import PREPARED_NAME
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.json_file import glance_at

BEGUN_NAME = "begun.json"


def begin(folder: Path, layout: Mapping[str, Any], storage: str) -> None:
    """Note what a folder is going to hold, unless it holds a prepared set, which says so itself.

    Raises:
        StoreError: The disk is full or read-only.
    """
    if not (folder / PREPARED_NAME).is_file():
        atomic_write_json(folder / BEGUN_NAME, {"layout": dict(layout), "storage": storage})


def end(folder: Path) -> None:
    """Remove the note of a set that is prepared."""
    (folder / BEGUN_NAME).unlink(missing_ok=True)


def what_is_said(folder: Path) -> Mapping[str, Any]:
    """Return what a prepared set says of itself, or the note of one that is not; empty where neither is."""
    return glance_at(folder / PREPARED_NAME) or glance_at(folder / BEGUN_NAME)


def storage_of(folder: Path) -> str | None:
    """Return where a prepared set keeps its pixels; None for no set."""
    return _storage(folder / PREPARED_NAME)


def storage_begun(folder: Path) -> str | None:
    """Return where a preparation that did not come to its end keeps its pixels; None for none."""
    return _storage(folder / BEGUN_NAME)


def _storage(path: Path) -> str | None:
    found = glance_at(path).get("storage")
    return found if isinstance(found, str) else None
