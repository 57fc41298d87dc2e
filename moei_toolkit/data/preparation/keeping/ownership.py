"""A preparation writes into an empty folder, or into the set that it has made there before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.data.preparation.keeping.beginning import what_is_said
from moei_toolkit.data.preparation.keeping.ledger import LEDGER_NAME
from moei_toolkit.data.preparation.prepared_set import SPLITS_NAME
from moei_toolkit.errors import DataError
from moei_toolkit.io.folder_lock import LOCK_NAME


def require_own(folder: Path, layout: Mapping[str, Any], root: Path) -> None:
    """Refuse a folder that holds something else, for what is in it could be lost.

    Args:
        folder: Where the set is to be.
        layout: The layout and its arguments.
        root: The folder of the data set; that of an earlier preparation may have moved here.

    Raises:
        DataError: The folder holds files of somebody, a set of other data, or one whose splits are gone.
    """
    if not folder.is_dir():
        return
    if said := what_is_said(folder):
        _require_same(folder, said.get("layout"), layout, root)
        _require_splits(folder, said)
    elif not (folder / LEDGER_NAME).is_file():
        _require_empty(folder)


def _require_empty(folder: Path) -> None:
    if there := sorted(path.name for path in folder.iterdir() if path.name != LOCK_NAME):
        raise DataError(
            f"{folder}: expected a new or empty folder, or a prepared set, it holds {', '.join(there[:3])}"
            f"{' and more' if len(there) > 3 else ''}. Choose another --out."
        )


def _require_same(folder: Path, before: object, layout: Mapping[str, Any], root: Path) -> None:
    if not isinstance(before, Mapping) or "type" not in before:
        return  # what can still be used of it is decided scene by scene
    if before["type"] != layout["type"]:
        raise DataError(
            f"{folder}: expected the set of a {layout['type']!r} there, it is of a {before['type']!r}. "
            "Choose another --out."
        )
    place = before.get("root")
    if place is not None and (known := Path(place).expanduser()).exists() and not known.samefile(root):
        raise DataError(
            f"{folder}: expected the set of {root} there, it is of {place}, which still exists. Choose "
            "another --out."
        )
    for name in sorted({*before, *layout} - {"type", "root"}):
        one, other = before.get(name), layout.get(name)
        if one != other and isinstance(one, str) and isinstance(other, str):  # names of folders and files
            raise DataError(
                f"{folder}: expected the set of {name} {other!r} there, it is of {one!r}, which are other "
                "data. Choose another --out."
            )


def _require_splits(folder: Path, said: Mapping[str, Any]) -> None:
    """Refuse a set whose splits are gone: dealt anew, images of the test split could be trained on."""
    hashes = said.get("hashes")
    if isinstance(hashes, Mapping) and SPLITS_NAME in hashes and not (folder / SPLITS_NAME).is_file():
        raise DataError(
            f"{folder / SPLITS_NAME}: expected the splits of the set that is there, the file is gone. Bring "
            "it back, or prepare into a fresh folder: dealt anew, captures would change their splits."
        )
