"""Takes the photographs of one package into the folder of all."""

from __future__ import annotations

import argparse
import filecmp
import re
import shutil
import sys
from pathlib import Path

from finding import PICTURES, find_photo
from licences import Row, find_licence
from twins import find_twin

from moei_toolkit.io.atomic import atomic_path, atomic_write_text
from moei_toolkit.io.hashing import sha256_file

COPYRIGHT = "copyright"


def take_photos(given: argparse.Namespace) -> list[Row]:
    """Copy the photographs that are missing into the folder, and return a row for each one of the package."""
    notice = text_of(given.unpacked / "usr/share/doc" / given.package / "copyright")
    texts = {notice}
    long, _, short = given.least.partition("x")
    rows = []
    for name in given.names:
        found = find_photo(given.unpacked, name)
        if found is None or not found.is_at_least(int(long), int(short)):
            say(f"   {name}: not in this version, or smaller than {given.least}")
            continue
        target = given.out / (slug(name) + found.file.suffix.lower())
        if not put(found.file, target, name):
            continue
        say(f"   {target.name} {found.width}x{found.height}")
        beside = text_of(found.origin.with_name("License"))
        path = f"/{found.origin.relative_to(given.unpacked).as_posix()}"
        licence = find_licence(notice, beside, path) or f"see {COPYRIGHT}/{given.package}.txt"
        rows.append(Row(target.name, given.package, given.version, licence, sha256_file(target)))
        texts.add(beside)
    atomic_write_text(
        given.out / COPYRIGHT / f"{given.package}.txt", "\n\n".join(sorted(filter(None, texts)))
    )
    return rows


def text_of(path: Path) -> str:
    """Return the text of a file; empty if there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def put(file: Path, target: Path, name: str) -> bool:
    """Copy a photograph to its place unless it is there; tell whether it is now, and under no other name."""
    if target.exists():
        is_same = filecmp.cmp(file, target, shallow=False)
        if not is_same:
            say(f"   {name}: another {target.name} is there, and is kept")
        return is_same
    others = (other for other in sorted(target.parent.iterdir()) if other.suffix.lower() in PICTURES)
    twin = find_twin(file, others)
    if twin is not None:
        say(f"   {name}: is there already, as {twin.name}")
        return False
    with atomic_path(target) as temporary:
        shutil.copyfile(file, temporary)
    return True


def slug(name: str) -> str:
    """Return a name in lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
