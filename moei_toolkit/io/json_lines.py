"""Tables as text: one JSON object per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_path
from moei_toolkit.io.json_file import refuse_constant


def lines_of(path: Path) -> list[str]:
    r"""Return the lines of a text file; only ``\n`` ends one, for JSON may hold other ends of lines.

    Raises:
        DataError: If the file is missing or is no text.
    """
    return list(_each_line(path))


def read_json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where each object of a file is, ``FILE:LINE``, and the object; one line is in memory at a time.

    Raises:
        DataError: If the file is missing, or a line is no JSON object: NaN, infinity and halves of
            characters (lone surrogates) are no JSON; names the line.
    """
    for number, line in enumerate(_each_line(path), 1):
        where = f"{path}:{number}"
        try:
            value = _DECODER.decode(line)
            if "\\u" in line:  # no other way leads from UTF-8 to half a character
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            raise DataError(f"{where}: expected a JSON object, got {line[:80]!r} ({error})") from error
        if not isinstance(value, dict):
            raise DataError(f"{where}: expected a JSON object, got {type(value).__name__}")
        yield where, value


def write_json_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object per line, atomically; one line is in memory at a time.

    Raises:
        DataError: A text of an object cannot be written as UTF-8; names the line it would have been.
        StoreError: The disk is full, read-only, or failed.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for number, value in enumerate(values, 1):
            try:
                file.write(_ENCODER.encode(value) + "\n")
            except UnicodeEncodeError as error:
                around = error.object[max(error.start - 40, 0) : error.end + 40]
                raise DataError(
                    f"{path}:{number}: expected text that UTF-8 can hold, got {around!r}. "
                    "Rename the file it comes from."
                ) from error


def _each_line(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


_DECODER = json.JSONDecoder(parse_constant=refuse_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
