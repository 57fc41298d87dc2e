"""A preparation writes into an empty folder, or into the set that it has made there before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.data.preparation.ledger import LEDGER_NAME
from moei_toolkit.data.preparation.prepared_set import PREPARED_NAME, glance
from moei_toolkit.errors import DataError


def require_own(folder: Path, layout: Mapping[str, Any], root: Path) -> None:
    """Refuse a folder that holds something else, for what is in it could be lost.

    Args:
        folder: Where the set is to be.
        layout: The layout and its arguments.
        root: The folder of the data set; that of an earlier preparation may have moved here.

    Raises:
        DataError: The folder holds files of somebody, or a set of other data.
    """
    if not folder.is_dir():
        return
    if (folder / PREPARED_NAME).is_file():
        _require_same(folder, layout, root)
    elif not (folder / LEDGER_NAME).is_file() and (there := sorted(path.name for path in folder.iterdir())):
        raise DataError(
            f"{folder}: expected a new or empty folder, or a prepared set, it holds {', '.join(there[:3])}"
            f"{' and more' if len(there) > 3 else ''}. Choose another --out."
        )


def _require_same(folder: Path, layout: Mapping[str, Any], root: Path) -> None:
    before = glance(folder).get("layout")
    if not isinstance(before, Mapping) or "type" not in before:
        return  # what can still be used of it is decided scene by scene
    kind, place = before["type"], before.get("root")
    if kind != layout["type"]:
        raise DataError(
            f"{folder}: expected the set of a {layout['type']!r} there, it is of a {kind!r}. Choose another "
            "--out."
        )
    if place is not None and Path(place).expanduser().resolve() != root.resolve() and Path(place).exists():
        raise DataError(
            f"{folder}: expected the set of {root} there, it is of {place}, which still exists. Choose "
            "another --out."
        )
