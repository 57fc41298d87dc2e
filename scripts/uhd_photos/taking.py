"""Takes the photographs of one package into the folder of all."""

from __future__ import annotations

import filecmp
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finding import PICTURES, find_photo
from licences import Row, find_licence
from twins import find_twin

from moei_toolkit.io.atomic import atomic_path, atomic_write_text, remove_leftovers_of
from moei_toolkit.io.hashing import sha256_file

COPYRIGHT = "copyright"


@dataclass(frozen=True)
class Package:
    """A package of the distribution.

    Attributes:
        name: What it is called.
        version: Which one of it.
        unpacked: The folder it was unpacked into.
    """

    name: str
    version: str
    unpacked: Path


def take_photos(package: Package, names: Sequence[str], least: str, out: Path) -> list[Row]:
    """Copy photographs of a package that are missing into a folder.

    Args:
        package: Where they are.
        names: What they are called.
        least: Long and short side that they have at least, such as ``"3840x2160"``.
        out: The folder.

    Returns:
        A row for each that is there now.
    """
    notice = text_of(package.unpacked / "usr/share/doc" / package.name / "copyright")
    texts = {notice}
    long, _, short = least.partition("x")
    rows = []
    for name in names:
        found = find_photo(package.unpacked, name)
        if found is None or not found.is_at_least(int(long), int(short)):
            say(f"   {name}: not in this version, or smaller than {least}")
            continue
        target = out / (slug(name) + found.file.suffix.lower())
        if not put(found.file, target, name):
            continue
        say(f"   {target.name} {found.width}x{found.height}")
        beside = text_of(found.origin.with_name("License"))
        path = f"/{found.origin.relative_to(package.unpacked).as_posix()}"
        licence = find_licence(notice, beside, path) or f"see {COPYRIGHT}/{package.name}.txt"
        rows.append(Row(target.name, package.name, package.version, licence, sha256_file(target)))
        texts.add(beside)
    atomic_write_text(out / COPYRIGHT / f"{package.name}.txt", "\n\n".join(sorted(filter(None, texts))))
    return rows


def text_of(path: Path) -> str:
    """Return the text of a file; empty if there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def put(file: Path, target: Path, name: str) -> bool:
    """Copy a photograph to its place unless it is there; tell whether it is now, and under no other name."""
    remove_leftovers_of(target)  # of a killed call; the script lets no other one in
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
