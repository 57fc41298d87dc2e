"""Tables as text: one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from moei_toolkit.errors import DataError


def lines_of(path: Path) -> list[str]:
    r"""Return the lines of a text file; only ``\n`` ends one, for JSON may hold other ends of lines.

    Raises:
        DataError: If the file is missing or is no text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    return text.removesuffix("\n").split("\n") if text else []


def read_json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each object of a file is, ``FILE:LINE``, and the object.

    Raises:
        DataError: If the file is missing, or a line is no JSON object: NaN, infinity and halves of
            characters (lone surrogates) are no JSON; names the line.
    """
    for number, line in enumerate(lines_of(path), 1):
        where = f"{path}:{number}"
        try:
            value = json.loads(line, parse_constant=_refuse)
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise DataError(f"{where}: expected a JSON object, got {line[:80]!r} ({error})") from error
        if not isinstance(value, dict):
            raise DataError(f"{where}: expected a JSON object, got {type(value).__name__}")
        yield where, value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
