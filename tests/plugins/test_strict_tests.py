"""The tests themselves fail when a package under plugins/ cannot be loaded."""

from __future__ import annotations

import os

import pytest
from distributions import ROOT, STRICT

from moei_toolkit.errors import PluginError
from moei_toolkit.registration.plugins import is_strict, load_plugins

PACKAGES = {path.parent.name for path in (ROOT / "plugins").glob("*/pyproject.toml")}


def test_plugins_are_strict_unless_a_test_says_otherwise():
    assert os.environ[STRICT] == "1"
    assert is_strict()


def test_every_package_is_installed_and_loaded():
    table = load_plugins()
    assert {state.distribution for state in table.states if state.status == "loaded"} >= PACKAGES
    assert table.failed == ()


def test_a_broken_one_is_an_error(site, monkeypatch):
    site.install("moei-bad", "1 / 0")
    monkeypatch.setenv(STRICT, "1")
    load_plugins.cache_clear()
    with pytest.raises(PluginError, match=r"\(moei-bad 1\.0\) failed to load: ZeroDivisionError"):
        load_plugins()
    assert load_plugins.cache_info().currsize == 0  # so that the next test loads them anew
