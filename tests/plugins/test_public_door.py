"""Packages build on what docs/plugins.md names, and on nothing else of the toolkit."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from distributions import ROOT, write_package

from moei_toolkit.new_plugin.skeleton import SINGULAR

NAMED = set(
    re.findall(
        r"`(moei_toolkit(?:\.\w+)+)(?::\w+)?`", (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    )
)
"""Every module that the page names, by itself or before a class."""
PACKAGES = sorted(path.parent / path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml"))


def not_named(folder: Path) -> list[str]:
    """Return the imports of all sources below a folder that are not on the page."""
    return sorted(
        f"{path.name}: {module}"
        for path in folder.rglob("*.py")
        for module in modules_of(path.read_text(encoding="utf-8"))
        if module not in NAMED
    )


def modules_of(source: str) -> set[str]:
    """Return the modules of the toolkit that a source imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            whole = node.module == "moei_toolkit"  # then what it imports from there are modules
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if whole else {str(node.module)}
    return {module for module in found if module.partition(".")[0] == "moei_toolkit"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_comes_in_by_the_public_door(package):
    assert list(package.rglob("*.py"))
    assert not_named(package) == []


@pytest.mark.parametrize("kind", SINGULAR)
def test_what_is_written_to_begin_with_does_too(tmp_path, kind):
    package = write_package(tmp_path, f"moei_new_{SINGULAR[kind]}", kind)
    assert not_named(package) == []
    assert list((package / "tests").glob("*.py"))


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("from moei_toolkit.io.atomic import atomic_write", {"moei_toolkit.io.atomic"}),
        ("def f():\n    import moei_toolkit.engine.loop, torch", {"moei_toolkit.engine.loop"}),
        ("from moei_toolkit import registry", {"moei_toolkit.registry"}),
        ("from moei_sandstorm.dust import specks\nfrom . import a", set()),
    ],
)
def test_imports_are_seen(source, modules):
    assert modules_of(source) == modules
