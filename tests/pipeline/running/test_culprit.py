"""An error is laid at the door of the plugin that was at work."""

from __future__ import annotations

import pickle
import sys
from types import ModuleType, SimpleNamespace

import pytest

from moei_toolkit import cli
from moei_toolkit.cli import run_main
from moei_toolkit.errors import ConfigError
from moei_toolkit.frames import carry_places
from moei_toolkit.pipeline.running import culprit
from moei_toolkit.registration.plugin_table import Entry, LoadedPlugin, PluginTable, Provider
from moei_toolkit.registration.plugins import TOOLKIT, load_plugins


@pytest.fixture
def packages(monkeypatch):
    """Four packages, of which one offers what is its own and others', and a toolkit that knows of it."""
    table, heavy = PluginTable(), Provider("moei-heavy", "1.2", "plugin")
    register = SimpleNamespace(moei_register=SimpleNamespace(get_hookimpls=lambda: ["register"]))
    table.keep(LoadedPlugin("heavy", heavy, "moei_heavy.plugin", register))
    table.add(
        [
            Entry("losses", "heavy", "moei_heavy.loss:Heavy", heavy),
            Entry("losses", "more", "moei_more.loss:More", heavy),
            Entry("losses", "alone", "moei_alone:Alone", heavy),
            Entry("losses", "theirs", "somebody.else:Loss", heavy),
            Entry("experts", "small_adapter", "moei_toolkit.experts.adapter:Adapter", heavy),
            Entry("losses", "l1", "moei_toolkit.losses.image:L1Loss", TOOLKIT),
        ]
    )
    monkeypatch.setattr(culprit, "load_plugins", lambda: table)
    shipped = {name: ["moei-heavy"] for name in ("moei_heavy", "moei_more", "moei_alone")}
    shipped["somebody"] = ["somebody"]
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: shipped)
    made = {}
    for name, source in {
        "moei_heavy.loss": "def run(work):\n    return work()\n",
        "moei_more.loss": "def run(work):\n    return work()\n",
        "moei_alone": "def run(work):\n    return work()\n",
        "somebody.else": "def run(work):\n    return work()\n",
    }.items():
        made[name] = ModuleType(name)
        exec(compile(source, f"/site/{name.replace('.', '/')}.py", "exec"), vars(made[name]))
    return made


def behind(run) -> str:
    with pytest.raises(ZeroDivisionError) as caught:
        run()
    return culprit.plugin_behind(caught.value)


def test_the_place_in_the_plugin_is_told(packages):
    heavy, other = packages["moei_heavy.loss"].run, packages["somebody.else"].run
    assert behind(lambda: heavy(lambda: 1 / 0)) == "moei-heavy 1.2 (loss.py, line 2)"
    assert behind(lambda: other(lambda: heavy(lambda: other(lambda: 1 / 0)))).startswith("moei-heavy 1.2 (")


@pytest.mark.parametrize("module", ["moei_more.loss", "moei_alone"])
def test_a_plugin_answers_for_every_package_and_module_of_its_distribution(packages, module):
    assert behind(lambda: packages[module].run(lambda: 1 / 0)).startswith("moei-heavy 1.2 (")


def test_a_plugin_that_offers_what_is_not_its_own_is_not_blamed_for_it(packages):
    assert behind(lambda: packages["somebody.else"].run(lambda: 1 / 0)) == ""
    with pytest.raises(ConfigError) as caught:
        cli.parse_options(["nothing"])
    assert culprit.plugin_behind(caught.value) == ""


def test_an_error_that_comes_from_another_process_tells_the_place_too(packages):
    with pytest.raises(ZeroDivisionError) as caught:
        packages["moei_heavy.loss"].run(lambda: 1 / 0)
    carry_places(caught.value)
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert arrived.__traceback__ is None
    assert culprit.plugin_behind(arrived) == "moei-heavy 1.2 (loss.py, line 2)"


def test_a_command_names_the_plugin_and_does_not_call_it_a_bug_of_its_own(packages, monkeypatch, capfd):
    monkeypatch.delenv("MOEI_TRACEBACK", raising=False)
    load_plugins()
    with pytest.raises(SystemExit) as ended:
        run_main(lambda argv: packages["moei_heavy.loss"].run(lambda: 1 // 0), [])
    assert ended.value.code == 1
    said = "error: in the plugin moei-heavy 1.2 (loss.py, line 2): ZeroDivisionError: "
    first, last = capfd.readouterr().err.splitlines()[-2:]
    assert first.startswith(said)
    assert last == "run with --traceback for details"


def test_nobody_else_is_blamed(packages):
    assert behind(lambda: packages["somebody.else"].run(lambda: 1 / 0)) == ""
    assert behind(lambda: 1 / 0) == ""
    assert "moei_heavy" not in sys.modules


def test_distributions_that_share_a_namespace_are_told_apart(monkeypatch):
    table = PluginTable()
    register = SimpleNamespace(moei_register=SimpleNamespace(get_hookimpls=lambda: ["register"]))
    places = {}
    for name in ("rain", "haze"):
        who, loss = Provider(f"shared-{name}", "1.0", "plugin"), ModuleType(f"shared.{name}.loss")
        table.keep(LoadedPlugin(name, who, f"shared.{name}.plugin", register))
        table.add([Entry("losses", f"{name}_loss", f"shared.{name}.loss:Loss", who)])
        exec(compile("def run():\n    1 / 0\n", "loss.py", "exec"), vars(loss))
        monkeypatch.setitem(sys.modules, f"shared.{name}", SimpleNamespace(__file__="__init__.py"))
        places[name] = loss.run
    monkeypatch.setitem(sys.modules, "shared", ModuleType("shared"))
    monkeypatch.setattr(culprit, "load_plugins", lambda: table)
    assert behind(places["rain"]) == "shared-rain 1.0 (loss.py, line 2)"
    assert behind(places["haze"]) == "shared-haze 1.0 (loss.py, line 2)"
