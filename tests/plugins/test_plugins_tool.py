from __future__ import annotations

import json
from pathlib import Path

from plugin_site import plugin

TOOL = str(Path(__file__).parents[2] / "tools" / "plugins.py")


def test_table_lists_components_and_failures(site):
    site.install("moei-good", plugin(("experts", "toy", "toy_expert:Toy")), version="1.2")
    site.install("moei-bad", "1 / 0", version="2.3")
    done = site.run(TOOL)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["kind", "name", "provider", "version", "state"]
    assert ["experts", "toy", "moei-good", "1.2", "registered"] in rows
    assert done.stdout.endswith(
        "plugin 'main' (moei-bad 2.3) failed to load: ZeroDivisionError: division by zero\n"
    )


def test_strict_exits_with_4(site):
    assert site.run(TOOL, "--strict").returncode == 0
    site.install("moei-bad", "1 / 0")
    assert site.run(TOOL, "--strict").returncode == 4
    assert site.run(TOOL, MOEI_STRICT_PLUGINS="1").returncode == 4


def test_json_is_complete(site):
    site.install("moei-bad", "1 / 0", version="2.3")
    report = json.loads(site.run(TOOL, "--json").stdout)
    assert {"kind", "name", "provider", "version", "state"} == set(report["components"][0])
    failed = report["plugins"][-1]
    assert (failed["distribution"], failed["version"], failed["status"]) == ("moei-bad", "2.3", "failed")


def test_check_imports_every_component(site):
    site.install(
        "moei-bad",
        plugin(("experts", "gone", "no_such_module:Toy"), ("experts", "wrong", "json:JSONDecoder")),
    )
    done = site.run(TOOL, "--check", "--json")
    assert done.returncode == 4, done.stderr
    states = {(row["kind"], row["name"]): row["state"] for row in json.loads(done.stdout)["components"]}
    assert states["experts", "dense"] == "ok"
    assert "No module named 'no_such_module'" in states["experts", "gone"]
    assert "expected a subclass of moei_toolkit.experts.base:Expert" in states["experts", "wrong"]
