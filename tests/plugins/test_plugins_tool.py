"""tools/plugins.py says what there is, who brought it, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

from plugin_site import plugin

from moei_toolkit.registration.plugins import TOOLKIT

TOOL = str(Path(__file__).parents[2] / "tools" / "plugins.py")


def test_tables_list_components_plugins_and_failures(site):
    site.install("moei-good", plugin(("experts", "toy", "toy_expert:Toy")), version="1.2")
    site.install("moei-bad", "1 / 0", version="2.3")
    done = site.run(TOOL)
    assert done.returncode == 0, done.stderr
    components, plugins, reasons = done.stdout.split("\n\n")
    rows = [line.split() for line in components.splitlines()]
    assert rows[0] == ["kind", "name", "distribution", "version", "state"]
    assert ["experts", "toy", "moei-good", "1.2", "registered"] in rows
    rows = [line.split() for line in plugins.splitlines()]
    assert rows[:2] == [
        ["plugin", "distribution", "version", "state", "hooks"],
        ["builtin", "moei_toolkit", TOOLKIT.version, "loaded", "moei_register"],
    ]
    assert ["main", "moei-bad", "2.3", "failed"] in rows
    assert ["main", "moei-good", "1.2", "loaded", "moei_register"] in rows
    reason = "ZeroDivisionError: division by zero (moei_bad.py, line 1)"
    assert reasons == f"plugin 'main' (moei-bad 2.3) failed to load: {reason}\n"


def test_without_failures_the_tables_are_all(site):
    assert len(site.run(TOOL).stdout.split("\n\n")) == 2


def test_hooks_are_those_that_a_plugin_implements(site):
    source = """
        from moei_toolkit.hookspecs import hookimpl

        @hookimpl
        def moei_report_sections(run):
            return None

        @hookimpl(specname="moei_register")
        def offer(register):
            register("experts", "toy", "a:Toy")
    """
    site.install("moei-good", source)
    found = {row["distribution"]: row for row in json.loads(site.run(TOOL, "--json").stdout)["plugins"]}
    assert found["moei-good"]["hooks"] == "moei_register, moei_report_sections"
    assert found["moei_toolkit"]["hooks"] == "moei_register"


def test_strict_exits_with_4(site):
    assert site.run(TOOL, "--strict").returncode == 0
    site.install("moei-bad", "1 / 0")
    assert site.run(TOOL, "--strict").returncode == 4
    assert site.run(TOOL, MOEI_STRICT_PLUGINS="1").returncode == 4


def test_json_is_complete(site):
    site.install("moei-bad", "1 / 0", version="2.3")
    report = json.loads(site.run(TOOL, "--json").stdout)
    assert list(report["components"][0]) == ["kind", "name", "distribution", "version", "state", "reason"]
    (failed,) = (row for row in report["plugins"] if row["distribution"] == "moei-bad")
    assert failed == {
        "plugin": "main",
        "distribution": "moei-bad",
        "version": "2.3",
        "state": "failed",
        "hooks": "",
        "reason": "ZeroDivisionError: division by zero (moei_bad.py, line 1)",
    }


def test_check_imports_every_component(site):
    site.install(
        "moei-bad",
        plugin(("experts", "gone", "no_such_module:Toy"), ("experts", "wrong", "json:JSONDecoder")),
    )
    done = site.run(TOOL, "--check", "--json")
    assert done.returncode == 4, done.stderr
    rows = {(row["kind"], row["name"]): row for row in json.loads(done.stdout)["components"]}
    assert (rows["experts", "dense"]["state"], rows["experts", "dense"]["reason"]) == ("ok", "")
    gone, wrong = rows["experts", "gone"], rows["experts", "wrong"]
    assert (gone["state"], wrong["state"]) == ("unusable", "unusable")
    assert "No module named 'no_such_module'" in gone["reason"]
    assert "expected a subclass of moei_toolkit.experts.base:Expert" in wrong["reason"]
