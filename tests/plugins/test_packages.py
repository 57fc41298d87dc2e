"""Every package under plugins/ comes in by the one door, checks what it offers, and is on the list."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest
from distributions import ROOT

from moei_toolkit.new_plugin.skeleton import SINGULAR
from moei_toolkit.registration.plugin_table import Entry, Provider
from moei_toolkit.registration.plugins import GROUP

FOLDER = ROOT / "plugins"
PACKAGES = sorted(path.parent.name for path in FOLDER.glob("*/pyproject.toml"))
LISTED = re.compile(r"^\| \[`?(\w+)`?\]\((\w+)/?(?:README\.md)?\) \| \S.* \|$", re.MULTILINE)

here = pytest.mark.parametrize("package", PACKAGES)


@pytest.fixture
def offered(package, monkeypatch):
    """What a package registers, without being installed."""
    monkeypatch.syspath_prepend(FOLDER / package)
    provider = Provider(package, "0.1.0", "plugin")
    found = []
    plugin = importlib.import_module(f"{package}.plugin")
    plugin.moei_register(lambda kind, name, target: found.append(Entry(kind, name, target, provider)))
    return found


def names_in(path: Path) -> tuple[set[str], set[str]]:
    """The functions that a source calls, and every name and text in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    called = {getattr(function, "id", getattr(function, "attr", "")) for function in functions}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return called, names | texts


@here
def test_a_package_checks_the_contract_of_everything_it_offers(package, offered):
    tests = [names_in(path) for path in (FOLDER / package / "tests").rglob("test_*.py")]
    unchecked = [
        str(entry)
        for entry in offered
        if not any(
            f"check_{SINGULAR[entry.kind]}" in called and {entry.name, entry.path.partition(":")[2]} & said
            for called, said in tests
        )
    ]
    assert offered
    assert unchecked == []


def test_the_checks_are_found_where_they_are(tmp_path):
    path = tmp_path / "test_x.py"
    path.write_text('def test_it():\n    check_expert(lambda b: Toy(b, "name"), testing.make())\n')
    called, said = names_in(path)
    assert called == {"check_expert", "Toy", "make"}
    assert {"Toy", "name"} <= said


@here
def test_a_package_is_one_distribution_with_one_entry_point(package):
    about = (FOLDER / package / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nname = "{package}"\n' in about
    assert f'[project.entry-points."{GROUP}"]\n{package} = "{package}.plugin"\n' in f"{about}\n"
    assert (FOLDER / package / "README.md").is_file()
    assert (FOLDER / package / package / "py.typed").is_file()


def test_the_list_of_packages_is_complete():
    listed = LISTED.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    assert [name for name, _ in listed] == PACKAGES
    assert all(name == folder for name, folder in listed)


@here
def test_types_of_a_package_are_checked(package):
    assert f"plugins/{package}" in re.findall(r"plugins/moei_\w+", (ROOT / "pyproject.toml").read_text())
