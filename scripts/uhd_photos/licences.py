"""Under which licence a photograph is, and the table that says so."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path

from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_text

TABLE = "LICENSES.tsv"


@dataclass(frozen=True)
class Row:
    """One photograph in the table of licences."""

    file: str
    package: str
    version: str
    licence: str
    sha256: str


def find_licence(notice: str, beside: str, path: str) -> str:
    """Return the licence of a packaged file; empty if nothing states it.

    Args:
        notice: The copyright file of the package, in Debian's machine-readable format (DEP-5). Its patterns
            are those of the source package, so the end of the path and the name of the file are compared.
        beside: The text of a file called License in the same folder, or nothing. It knows better.
        path: Of the file, from ``/``.
    """
    commons = re.search(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)", beside)
    if commons:
        return f"CC-{commons[1].upper()}-{commons[2]}"
    licence = ""  # the last paragraph that covers a file counts
    for paragraph in re.split(r"\n\s*\n", notice):
        patterns = re.search(r"^Files:((?:.*\n?)(?:[ \t].*\n?)*)", paragraph, re.MULTILINE)
        stated = re.search(r"^License:[ \t]*(\S.*)", paragraph, re.MULTILINE)
        if patterns and stated and any(_covers(pattern, path) for pattern in patterns[1].split()):
            licence = stated[1].strip()
    return licence


def _covers(pattern: str, path: str) -> bool:
    """Tell whether a pattern of a copyright file is about a packaged file."""
    last = pattern.rpartition("/")[2]
    return fnmatch(path, f"*/{pattern}") or (last != "*" and fnmatch(path.rpartition("/")[2], last))


def read_table(out: Path) -> list[Row]:
    """Return the rows of the table of licences; none where it is missing.

    Raises:
        DataError: When it is no such table.
    """
    if not (out / TABLE).is_file():
        return []
    with (out / TABLE).open(encoding="utf-8", errors="replace", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t"))
    header = [field.name for field in fields(Row)]
    if not rows or rows[0] != header or any(len(row) != len(header) for row in rows):
        raise DataError(
            f"{out / TABLE}: expected a table with the columns {header}. Delete it; it is made again."
        )
    return [Row(*row) for row in rows[1:]]


def write_table(out: Path, rows: Sequence[Row]) -> None:
    """Write the table of licences, whole or not at all."""
    text = StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(map(astuple, rows))
    atomic_write_text(out / TABLE, text.getvalue())
