"""JSON files that say which format, and which version of it, they are written in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moei_toolkit.errors import CheckpointError, StoreError
from moei_toolkit.io.json_file import parse_json


def read_versioned(
    path: Path, kind: str, form: str, version: int, writer: str, repair: str
) -> dict[str, Any]:
    """Read an object after checking its keys ``format`` and ``version``; nothing else of it is looked at.

    Args:
        path: The file.
        kind: What it describes, such as ``"bundle"``.
        form: What ``format`` must be.
        version: What ``version`` must be.
        writer: What is expected there, for whoever finds no file.
        repair: What to do about a damaged one, without a full stop.

    Raises:
        StoreError: There is no such file.
        CheckpointError: It is damaged, or of another format or version.
    """
    try:
        value = parse_json(path.read_bytes())
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}. Expected {writer}.") from error
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}. {repair}.") from error
    found: dict[str, Any] = value if isinstance(value, dict) else {}
    if found.get("format") != form:
        raise CheckpointError(f"{path} describes no {kind}: expected the format {form!r}.")
    if found.get("version") != version:
        raise CheckpointError(
            f"{path} has version {found.get('version')!r}; this toolkit reads {version}. Use the toolkit "
            "that wrote it, or export it again with this one."
        )
    return found
