"""Spaces come from the toolkit, from plugins and from files; what one of them has wrong stays with it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest
from plugin_site import Site

from moei_toolkit.config.search_space import Choices, Interval
from moei_toolkit.errors import ConfigError, PluginError
from moei_toolkit.registration.plugins import load, load_plugins
from moei_toolkit.tuning.planning.catalogue import NAMES, find_space, list_spaces

HEAD = """
from moei_toolkit.hookspecs import hookimpl

@hookimpl
def moei_search_spaces():
    from moei_toolkit.config.search_space import Choices, SearchSpace, Variant
"""
MINE = "SearchSpace(name='mine', factors={'beta': Choices(paths=['router.beta'], values=[1.0, 2.0])})"
WIDER = "SearchSpace(name='ablations', variants=[Variant(name='wider', factor='r', policy='dense')])"


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Site(tmp_path)
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def test_what_the_toolkit_brings():
    spaces = list_spaces(load([]))
    assert list(spaces) == list(NAMES)
    assert all(space.name == name and space.about for name, space in spaces.items())


def test_every_installed_plugin_has_valid_spaces():
    list_spaces(load_plugins(), strict=True)


def test_a_plugin_brings_a_space_and_adds_to_another(site):
    site.install("moei-spaces-a", f"{HEAD}    return [{MINE}, {WIDER}]\n")
    spaces = list_spaces(site.load())
    assert list(spaces) == [*NAMES, "mine"]
    assert spaces["mine"].factors["beta"] == Choices(paths=("router.beta",), values=(1.0, 2.0))
    before = list_spaces(load([]))["ablations"].variants
    assert [one.name for one in spaces["ablations"].variants] == [*(one.name for one in before), "wider"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("'grid'", "expected a SearchSpace, got str 'grid'"),
        (f"[{MINE}, 5]", "expected a SearchSpace, got int 5"),
        (WIDER.replace("wider", "beta 50"), "expected variants of different names in space 'ablations'"),
        (MINE.replace("mine", "ablations"), "expected either variants or factors"),
    ],
)
def test_a_plugin_that_fails_loses_all_its_spaces(site, caplog, answer, reason):
    site.install("moei-spaces-b", f"{HEAD}    return {answer}\n", version="2.3")
    site.install("moei-spaces-c", f"{HEAD}    return {MINE.replace('mine', 'other')}\n")
    with caplog.at_level(logging.WARNING, "moei_toolkit"):
        spaces = list_spaces(site.load())
    assert list(spaces) == [*NAMES, "other"]
    assert "plugin 'main' (moei-spaces-b 2.3) failed in moei_search_spaces" in caplog.text
    assert reason in caplog.text
    with pytest.raises(PluginError, match="moei-spaces-b"):
        list_spaces(site.load(), strict=True)


def test_a_name_that_is_none_is_told_with_what_was_meant():
    with pytest.raises(ConfigError, match=r"got 'gird'\. Did you mean 'grid'"):
        find_space("gird", load([]))


def test_a_file_is_a_space(tmp_path):
    file = tmp_path / "steep.py"
    file.write_text("factors = dict(beta=dict(paths=['router.beta'], low=5.0, high=200.0, log=True))\n")
    space = find_space(str(file), load([]))
    assert space.name == "steep"
    assert space.factors["beta"] == Interval(paths=("router.beta",), low=5.0, high=200.0, log=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("variants = [dict(name='a', factor='b', overides={})]", "Did you mean 'overrides'"),
        ("factors = dict(beta=dict(path=['router.beta'], values=[1]))", "factors.beta"),
        (
            "factors = dict(b=dict(paths=['x'], low=1, high=float('inf')))",
            "factors.b.high: expected a finite",
        ),
        ("factors = dict(b=dict(paths=['x'], low=float('nan'), high=1))", "factors.b.low: expected a finite"),
        ("factors = dict(b=dict(paths=['x'], low=1.5, high=3, whole=True))", "expected whole numbers as low"),
        ("about = 'nothing'", "expected either variants or factors"),
        ("1 +", "invalid syntax"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path, text, said):
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        find_space(str(file), load([]))
    with pytest.raises(ConfigError, match=r"mine\.py"):
        find_space(str(file), load([]))
