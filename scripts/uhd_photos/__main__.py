"""Takes photographs out of an unpacked distribution package; called by get_uhd_photos.sh."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from licences import Row, read_table, write_table

from moei_toolkit.cli import run_main


def main(argv: Sequence[str]) -> int:
    """Run one of the commands ``has``, ``take`` and ``count``."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    has = commands.add_parser("has", help="succeed if nothing of a package is missing")
    take = commands.add_parser("take", help="take photographs")
    take.add_argument("unpacked", type=Path)
    for command in (has, take):
        command.add_argument("package")
    take.add_argument("version")
    take.add_argument("least", help="LONGxSHORT side in pixels")
    for command in (has, take, commands.add_parser("count", help="say what is there")):
        command.add_argument("out", type=Path)
    take.add_argument("names", nargs="+")
    given = parser.parse_args(argv)
    rows = read_table(given.out)
    if given.command == "has":
        return 0 if has_package(rows, given.package, given.out) else 1
    if given.command == "count":
        there = sum((given.out / row.file).is_file() for row in rows)
        sys.stdout.write(f"{there} photographs in {given.out}\n")
        return 0
    from taking import Package, take_photos  # what reads pictures is slow to import, and mostly not needed

    package = Package(given.package, given.version, given.unpacked)
    taken = take_photos(package, given.names, given.least, given.out)
    others = [row for row in rows if row.file not in {row.file for row in taken}]
    write_table(given.out, sorted([*others, *taken], key=lambda row: row.file))
    return 0


def has_package(rows: list[Row], package: str, out: Path) -> bool:
    """Tell whether photographs of a package were taken and are all there still."""
    files = [out / row.file for row in rows if row.package == package]
    return bool(files) and all(file.is_file() for file in files)


if __name__ == "__main__":
    run_main(main)
