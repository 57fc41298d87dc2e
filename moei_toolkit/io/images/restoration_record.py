"""The JSON file beside a restored picture, by which such a picture is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moei_toolkit.io.json_file import glance_at

_TOLD = {"modified_ns", "model"}
"""What every record has among others."""


def record_path(picture: Path) -> Path:
    """Return where the record of a restored picture lies: beside it, as ``NAME.SUFFIX.json``."""
    return picture.with_name(picture.name + ".json")


def is_record(content: dict[str, Any]) -> bool:
    """Tell whether that is the record of a restoration."""
    return content.keys() >= _TOLD


def is_restoration(picture: Path) -> bool:
    """Tell whether a record says of a picture that it was restored."""
    return is_record(glance_at(record_path(picture)))
