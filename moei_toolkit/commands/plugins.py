"""List the installed components, who provides them, and the plugins that failed to load."""

from __future__ import annotations

import json
from collections.abc import Sequence

from moei_toolkit.cli import CommandParser, format_table, run_main
from moei_toolkit.errors import PluginError
from moei_toolkit.plugins import KINDS, discover, is_strict, load


def main(argv: Sequence[str]) -> int:
    """Print the table; return 4 if a component cannot be used or, when strict, a plugin failed."""
    parser = CommandParser(__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--check", action="store_true", help="also import every component")
    parser.add_argument("--strict", action="store_true", help="exit with 4 if a plugin failed to load")
    args = parser.parse_args(argv)
    table, problems, state = load(discover()), {}, "registered"
    if args.check:
        from moei_toolkit.registry import check_components  # imports torch

        problems, state = check_components(table), "ok"
    header = ("kind", "name", "provider", "version", "state")
    rows = [
        (kind, name, entry.provider.name, entry.provider.version, problems.get((kind, name), state))
        for kind in KINDS
        for name, entry in sorted(table.entries(kind).items())
    ]
    if args.json:
        components = [dict(zip(header, row, strict=True)) for row in rows]
        print(json.dumps({"components": components, "plugins": [*map(vars, table.states)]}, indent=2))
    else:
        print("\n".join([format_table(header, rows), *map(str, table.failed)]))
    return PluginError.exit_code if problems or (table.failed and (args.strict or is_strict())) else 0


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
