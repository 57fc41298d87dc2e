"""Whether a photograph is restored already, by the record beside its restoration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.restoration_record import is_record, record_path
from moei_toolkit.io.json_file import glance_at


def source_facts(source: Path) -> dict[str, Any]:
    """Return what tells whether a photograph is still the same: name, size, and when it was changed."""
    found = source.stat()
    return {"source": source.name, "bytes": found.st_size, "modified_ns": found.st_mtime_ns}


def is_done(source: Path, target: Path, model: str | None) -> bool:
    """Tell whether a picture and its record are there, from this very photograph and this model.

    Args:
        source: The photograph.
        target: Its restoration.
        model: What the record must name; None is never the same.
    """
    if model is None or not target.is_file():
        return False
    try:
        expected = {**source_facts(source), "model": model}
    except OSError:
        return False
    record = glance_at(record_path(target))
    return all(record.get(key) == value for key, value in expected.items())


def require_no_other(target: Path) -> None:
    """Refuse a target whose record would replace another file, which a damaged record of a picture is not.

    Raises:
        ImageError: If the record of the restored picture would replace it, or it is a folder.
    """
    path = record_path(target)
    if path.is_dir():
        raise ImageError(f"{path}: is a folder, where the record of a restoration goes; move it")
    if not path.is_file():
        return
    record = glance_at(path)
    if not is_record(record) and (record or not target.is_file()):
        raise ImageError(
            f"{path}: is no record of a restoration, and would be replaced by one; move it, or choose "
            "another output"
        )
