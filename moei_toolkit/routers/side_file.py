"""Answers about images in a file that any program can write."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_file import refuse_constant

_HEADER = ["id", "route"]


def read_side_file(path: Path) -> Mapping[str, Any]:
    """Read what a file says about each image, by its name; what it says is not judged.

    Args:
        path: ``.json``: one object, from the names of images to answers. ``.csv``: a header ``id,route``,
            then a line for each image.

    Raises:
        DataError: If it cannot be read, is neither, or speaks of an image twice.
    """
    readers = {".json": _read_json, ".csv": _read_csv}
    if path.suffix not in readers:
        raise DataError(f"{path}: expected a file that ends with {' or '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise DataError(f"{path}: {error}") from error


def _read_json(path: Path) -> Mapping[str, Any]:
    text = path.read_text(encoding="utf-8")
    answers = json.loads(text, object_pairs_hook=_once, parse_constant=refuse_constant)
    if not isinstance(answers, dict):
        raise ValueError(f"expected an object from images to answers, got {type(answers).__name__}")
    return answers


def _read_csv(path: Path) -> Mapping[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        header = next(lines, None)
        if header != _HEADER:
            raise ValueError(f"expected the header {','.join(_HEADER)}, got {header}")
        pairs = []
        for line in filter(None, lines):
            if len(line) != len(_HEADER):
                raise ValueError(f"line {lines.line_num}: expected an id and a route, got {line}")
            pairs.append((line[0], line[1]))
    return _once(pairs)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = value
    return found
