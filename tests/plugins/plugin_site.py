"""Distributions made up on the spot: a module, a dist-info folder, and real discovery on top."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

from moei_toolkit.registration.plugin_table import PluginTable
from moei_toolkit.registration.plugins import GROUP, load


class Site:
    """A folder on sys.path into which plugins are 'installed'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, source: str, version: str = "1.0", entry_name: str = "main") -> None:
        module = distribution.replace("-", "_")
        about = self.folder / f"{module}-{version}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (about / "entry_points.txt").write_text(f"[{GROUP}]\n{entry_name} = {module}\n")
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source))

    def entry_points(self) -> list[metadata.EntryPoint]:
        distributions = metadata.distributions(path=[str(self.folder)])
        return [entry_point for found in distributions for entry_point in found.entry_points]

    def load(self, strict: bool = False) -> PluginTable:
        return load(self.entry_points(), strict)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {"PYTHONPATH": str(self.folder), "PATH": "", **environment}
        return subprocess.run([sys.executable, *command], env=variables, capture_output=True, text=True)


def plugin(*registrations: tuple[str, str, str], before: str = "", after: str = "") -> str:
    """Source of a plugin that registers the given (kind, name, target)."""
    lines = [f"    register({kind!r}, {name!r}, {target!r})" for kind, name, target in registrations]
    head = [
        before,
        "from moei_toolkit.hookspecs import hookimpl",
        "@hookimpl",
        "def moei_register(register):",
    ]
    return "\n".join([*head, *lines, f"    {after or 'pass'}", ""])
