"""List the installed components, who provides them, and how every plugin fared; see --help."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from moei_toolkit.cli import CommandParser, format_table, run_main
from moei_toolkit.errors import PluginError
from moei_toolkit.registration.plugin_table import KINDS, PluginTable
from moei_toolkit.registration.plugins import HOOKS, discover, is_strict, load

Row = dict[str, str]


def main(argv: Sequence[str]) -> int:
    """Print the tables; return 4 if a component cannot be used or, when strict, a plugin failed."""
    parser = CommandParser("List every component, who provides it, and how every plugin fared.")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--check", action="store_true", help="also import every component")
    parser.add_argument("--strict", action="store_true", help="exit with 4 if a plugin failed to load")
    args = parser.parse_args(argv)
    table, problems, state = load(discover()), {}, "registered"
    if args.check:
        from moei_toolkit.registry import check_components  # imports torch

        problems, state = check_components(table), "ok"
    components, plugins = list_components(table, problems, state), list_plugins(table)
    if args.json:
        print(json.dumps({"components": components, "plugins": plugins}, indent=2))
    else:
        reasons = "\n".join([*map(str, table.failed), *problems.values()])
        print("\n\n".join(filter(None, [show(components), show(plugins), reasons])))
    return PluginError.exit_code if problems or (table.failed and (args.strict or is_strict())) else 0


def list_components(table: PluginTable, problems: Mapping[tuple[str, str], str], state: str) -> list[Row]:
    """Return a row for every component.

    Args:
        table: What there is.
        problems: Why a component cannot be used, by kind and name.
        state: Of all others.
    """
    return [
        {
            "kind": kind,
            "name": name,
            "distribution": entry.provider.name,
            "version": entry.provider.version,
            "state": "unusable" if (kind, name) in problems else state,
            "reason": problems.get((kind, name), ""),
        }
        for kind in KINDS
        for name, entry in sorted(table.entries(kind).items())
    ]


def list_plugins(table: PluginTable) -> list[Row]:
    """Return a row for every plugin, in loading order."""
    hooks: dict[tuple[str, str], list[str]] = {}
    for hook in HOOKS:
        for plugin in table.with_hook(hook):
            hooks.setdefault((plugin.name, plugin.provider.name), []).append(hook)
    return [
        {
            "plugin": state.name,
            "distribution": state.distribution,
            "version": state.version,
            "state": state.status,
            "hooks": ", ".join(hooks.get((state.name, state.distribution), [])),
            "reason": state.reason,
        }
        for state in table.states
    ]


def show(rows: Sequence[Row]) -> str:
    """Return rows as a table, without the reasons, which are sentences."""
    header = [name for name in rows[0] if name != "reason"]
    return format_table(header, ([row[name] for name in header] for row in rows))


def run() -> None:
    """Run as a command of the shell."""
    run_main(main)
