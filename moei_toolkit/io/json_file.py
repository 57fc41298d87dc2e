"""JSON files, whatever they are for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from moei_toolkit.errors import DataError


def parse_json(data: bytes) -> Any:
    """Parse JSON that may be anybody's.

    Raises:
        ValueError: It is none, or nested too deeply to be read. NaN and infinity are no JSON, though Python
            reads them.
    """
    try:
        return json.loads(data, parse_constant=refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse a JSON object that may be anybody's.

    Raises:
        ValueError: It is none; see `parse_json`.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got a {type(value).__name__}")
    return value


def refuse_constant(name: str) -> NoReturn:
    """Refuse a number that is none, in whatever reads JSON.

    Raises:
        ValueError: Always; names it.
    """
    raise ValueError(f"{name} is no JSON")


def read_json(path: Path) -> Any:
    """Read a file of JSON.

    Raises:
        DataError: It is missing or damaged.
    """
    try:
        return parse_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: expected JSON: {error}. Make the file again.") from error


def read_object(path: Path) -> dict[str, Any]:
    """Read a file that holds a JSON object.

    Raises:
        DataError: It is missing, damaged, or holds something else.
    """
    value = read_json(path)
    if not isinstance(value, dict):
        raise DataError(f"{path}: expected a JSON object, got a {type(value).__name__}. Make the file again.")
    return value


def glance_at(path: Path) -> dict[str, Any]:
    """Return what a file of JSON holds; empty if that is no JSON object, or cannot be read."""
    try:
        return read_object(path)
    except DataError:
        return {}


def is_number(value: object) -> bool:
    """Tell whether a value is a number that a float can hold; an integer may have any number of digits."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) <= sys.float_info.max  # type: ignore[arg-type]
