"""Hashes that anyone can check: of every file, as ``sha256sum -c`` reads them, and of every row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from moei_toolkit.errors import DataError, StoreError
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.hashing import sha256_bytes, sha256_file
from moei_toolkit.io.json_lines import lines_of

SUMS, ROW_SUMS = "SHA256SUMS", "rows.sha256"

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_sums(folder: Path) -> None:
    """Write the hash of every file of a folder into SHA256SUMS.

    Raises:
        DataError: The name of a file holds an end of a line.
    """
    atomic_write_text(folder / SUMS, _as_text(_sums_of(folder), f"{folder}: file"))


def sum_problems(folder: Path) -> Iterator[str]:
    """Yield every file that is missing, not listed in SHA256SUMS, or not what was listed.

    Raises:
        DataError: The list is missing.
        StoreError: It is damaged.
    """
    listed, there = read_sums(folder / SUMS), _sums_of(folder)
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            yield f"{name} is missing"
        elif name not in listed:
            yield f"{name} is not listed in {SUMS}"
        elif there[name] != listed[name]:
            yield f"{name} is not what {SUMS} lists"


def write_row_sums(rows: Path, folder: Path) -> None:
    """Write the hash of every line of ``rows``, with its policy and image, into rows.sha256 of a folder.

    Raises:
        DataError: An id or a policy holds an end of a line.
    """
    atomic_write_text(folder / ROW_SUMS, _as_text(_row_sums_of(rows), f"{rows}: policy and image"))


def row_problems(rows: Path, folder: Path) -> Iterator[str]:
    """Yield every row that is missing, not listed in rows.sha256, or not what was listed.

    Raises:
        DataError: The list is missing, or the rows cannot be read.
        StoreError: The list is damaged.
    """
    listed, there = read_sums(folder / ROW_SUMS), _row_sums_of(rows)
    for name in sorted(listed.keys() | there.keys()):
        if listed.get(name) != there.get(name):
            policy, _, image = name.partition("  ")
            found = "is missing" if name not in there else f"is not what {ROW_SUMS} lists"
            yield f"{rows.name}: the row of image {image!r}, policy {policy!r} {found}"


def read_sums(path: Path) -> dict[str, str]:
    """Return the hashes that a file lists, by what they are of.

    Raises:
        DataError: The file is missing.
        StoreError: It is damaged.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(lines_of(path), 1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in found:
            raise StoreError(
                f"{path}:{number}: expected a hash, two spaces and a new name, got {line[:80]!r}"
            )
        found[match[2]] = match[1]
    return found


def _as_text(sums: Mapping[str, str], what: str) -> str:
    for name in sums:
        # Tools that check such lists end a line at either.
        if "\n" in name or "\r" in name:
            raise DataError(
                f"{what} {name!r}: expected a name without ends of lines, for {SUMS} and {ROW_SUMS} hold "
                "one a line. Rename what it comes from, and make the result again."
            )
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def _sums_of(folder: Path) -> dict[str, str]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: sha256_file(folder / name) for name in names if name != SUMS}


def _row_sums_of(path: Path) -> dict[str, str]:
    pairs = zip(read_rows(path), lines_of(path), strict=True)
    return {f"{row.policy}  {row.id}": sha256_bytes(line.encode()) for row, line in pairs}
