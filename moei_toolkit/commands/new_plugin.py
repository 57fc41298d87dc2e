"""Write a package that adds a component; see --help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from moei_toolkit.cli import CommandParser, parse_path, run_main
from moei_toolkit.errors import PluginError, did_you_mean
from moei_toolkit.new_plugin.skeleton import SINGULAR, Skeleton


def main(argv: Sequence[str]) -> int:
    """Write the package, or list its files; nothing is written over."""
    parser = CommandParser(
        "Write a package that adds a component to the toolkit. It passes its own tests as it is; make the "
        "component yours.",
        "example:\n  tools/new_plugin.py moei_scale --kind expert\n  pip install plugins/moei_scale",
    )
    parser.add_argument("name", metavar="NAME", help="of the package; without moei_, of the component")
    kinds = ", ".join(SINGULAR.values())
    parser.add_argument("--kind", type=parse_kind, required=True, metavar="KIND", help=f"one of: {kinds}")
    parser.add_argument(
        "--out",
        type=parse_path,
        default=Path("plugins"),
        metavar="FOLDER",
        help="where to put it; plugins by default",
    )
    parser.add_argument("--dry-run", action="store_true", help="list the files and write none")
    args = parser.parse_args(argv)
    skeleton, folder = Skeleton(args.name, args.kind), args.out / args.name
    require_free(skeleton, folder)
    files = skeleton.files()
    if not args.dry_run:
        write_files(files, folder)
    print("\n".join(str(folder / name) for name in files))
    return 0


def parse_kind(text: str) -> str:
    """Read a kind of component in the singular or plural, for `argparse`."""
    found = [kind for kind, singular in SINGULAR.items() if text in (kind, singular)]
    if not found:
        raise argparse.ArgumentTypeError(f"unknown kind {text!r}. {did_you_mean(text, SINGULAR.values())}")
    return found[0]


def require_free(skeleton: Skeleton, folder: Path) -> None:
    """Refuse names that somebody has already.

    Raises:
        PluginError: If the folder exists, Python has a package of that name, or a plugin or the toolkit a
            component.
    """
    from moei_toolkit.registration.plugins import discover, load

    if folder.exists():
        raise PluginError(f"{folder} exists already; choose another name, or remove it")
    entry = load(discover()).entries(skeleton.kind).get(skeleton.component)
    if entry is not None:
        raise PluginError(f"{entry} is there already ({entry.path}); choose another name")
    found = find_spec(skeleton.package)
    if found is not None:
        where = found.origin or ", ".join(found.submodule_search_locations or ())
        raise PluginError(f"Python has a package {skeleton.package!r} already ({where}); choose another name")


def write_files(files: dict[str, str], folder: Path) -> None:
    """Write files, by their path in the folder, all of them or none.

    Raises:
        StoreError: If the disk is full, read-only, or failed.
    """
    from moei_toolkit.io.atomic_folder import atomic_folder

    with atomic_folder(folder) as temporary:
        for name, text in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
