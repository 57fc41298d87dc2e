"""Plugins add sections to a report, each on its own: what one of them does wrong is told in its place."""

from __future__ import annotations

import dataclasses
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from plugin_site import Site
from tampering import complaints, cover_up, edit_json, replace_text
from tiny_artifact import make_config, make_finished_run

from moei_toolkit.artifact.archive import opened
from moei_toolkit.artifact.packing import pack_run
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.errors import DataError, PluginError
from moei_toolkit.evaluation.rows import read_rows
from moei_toolkit.io.run_record import read_run, stage_folder
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.reporting.contributions import ask_for_sections, read_contributions
from moei_toolkit.pipeline.reporting.run_view import ShownRun
from moei_toolkit.pipeline.running.components import component_version
from moei_toolkit.pipeline.running.explain import explain
from moei_toolkit.pipeline.running.plan import PlannedStage, make_plan
from moei_toolkit.registration.plugins import load_plugins

HEAD = """
from moei_toolkit.hookspecs import hookimpl
from moei_toolkit.report_section import Drawing, ReportSection, Table

@hookimpl
def moei_report_sections(run):
"""
HERE = " (moei_bad.py, line 7)"
TELLS = 'return ReportSection("Bytes & <b>more</b>", ["None."], Table("T", ["a", "b"], [["x", "1"]], "n"))'


def source(*lines: str) -> str:
    """A plugin whose hook has these lines."""
    return HEAD + "".join(f"    {line}\n" for line in lines)


@contextmanager
def only(find: Callable[[], Sequence[EntryPoint]]) -> Iterator[None]:
    """Let the plugins of the process be those that are found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moei_toolkit.registration.plugins.discover", find)
        load_plugins.cache_clear()
        yield
    load_plugins.cache_clear()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run; read only."""
    with only(lambda: []):
        return make_finished_run(tmp_path_factory.mktemp("finished") / "run")


@pytest.fixture
def show(finished: Path):
    """Makes views of that run."""
    config, record = make_config(finished), read_run(finished)
    folders = {name: stage_folder(finished, record, name) for name in record.stages}
    rows = read_rows(folders["evaluate"] / "per_image.jsonl")
    return lambda: ShownRun(config, folders, rows, None)


@pytest.fixture
def discovered(site: Site) -> Iterator[Site]:
    """A site whose plugins are those of the process, whatever else is installed."""
    with only(site.entry_points):
        yield site


def told_by(site: Site, show: Any, strict: bool = False) -> list[tuple[str, str]]:
    """Title and origin of every section."""
    return [(one.told.title, one.told.origin) for one in ask_for_sections(site.load(), show, strict)]


def test_sections_come_in_the_order_of_distributions(site, show):
    site.install("zoo", source("return [ReportSection('Z1'), ReportSection('Z2')]"))
    site.install("moei-b", source("return None"))
    site.install("Alpha", source("return ReportSection('A')"), version="2.1")
    assert told_by(site, show) == [
        ("A", "Added by Alpha 2.1."),
        ("Z1", "Added by zoo 1.0."),
        ("Z2", "Added by zoo 1.0."),
    ]


def test_a_plugin_without_the_hook_is_not_asked(site, show):
    site.install(
        "moei-a", "from moei_toolkit.hookspecs import hookimpl\n@hookimpl\ndef moei_register(): pass\n"
    )
    assert site.load().failed == ()
    assert told_by(site, show) == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["1 / 0"], f"ZeroDivisionError: division by zero{HERE}"),
        (["raise SystemExit('leaving')"], f"SystemExit: leaving{HERE}"),
        (["raise ValueError('two\\nlines')"], f"ValueError: two lines{HERE}"),
        (
            ["import a_missing_dependency"],
            f"ModuleNotFoundError: No module named 'a_missing_dependency'{HERE}",
        ),
        (["return '<p>html</p>'"], "expected a ReportSection, got str '<p>html</p>'"),
        (["return [ReportSection('a'), 5]"], "expected a ReportSection, got int 5"),
        (["return ReportSection('a', ['x', 7])"], "paragraphs[1]: expected text, got int 7"),
        (["return run.load('experts.none')"], f"KeyError: 'experts.none'{HERE}"),
        (
            [
                "def draw(axes): raise RuntimeError('no ink')",
                "return ReportSection('a', (), Table('t', ['x'], [['1']], ''), Drawing('d', 'c', draw))",
            ],
            f"RuntimeError: no ink{HERE}",
        ),
    ],
)
def test_a_failure_takes_the_place_of_its_sections_and_the_others_go_on(site, show, caplog, lines, reason):
    site.install("moei-a", source("return ReportSection('First')"))
    site.install("moei-bad", source(*lines), version="2.3")
    site.install("moei-c", source("return ReportSection('Last')"))
    failure = f"plugin 'main' (moei-bad 2.3) failed in moei_report_sections: {reason}"
    with caplog.at_level(logging.WARNING, "moei_toolkit"):
        told = told_by(site, show)
    assert told == [
        ("First", "Added by moei-a 1.0."),
        ("moei-bad", f"{failure}."),
        ("Last", "Added by moei-c 1.0."),
    ]
    assert caplog.messages == [failure]
    with pytest.raises(PluginError, match=r"^plugin 'main' \(moei-bad 2\.3\) failed in") as caught:
        told_by(site, show, strict=True)
    assert caught.value.__cause__ is not None


def test_interrupting_is_not_a_failure_of_the_plugin(site, show):
    site.install("moei-a", source("raise KeyboardInterrupt"))
    with pytest.raises(KeyboardInterrupt):
        told_by(site, show)


def test_what_a_plugin_prints_does_not_get_into_the_output(site, show, capsys):
    site.install("moei-a", source("print('hello')"))
    assert told_by(site, show) == []
    assert capsys.readouterr().out == ""


def test_a_plugin_sees_the_run_and_cannot_change_what_the_next_one_sees(site, show):
    changes = [
        "run.config['report']['title'] = 'Forged'",
        "run.rows[0]['metrics']['psnr'] = 0.0",
        "run.rows.clear()",
        "run.worn.clear()",
    ]
    site.install("moei-a", source(*changes))
    lines = [
        "expert = run.load('experts.wet')",
        "count = sum(p.numel() for p in expert.parameters())",
        "facts = [run.config['report']['title'], len(run.rows), run.rows[0]['metrics']['psnr'], run.costs]",
        "facts += [sorted(run.worn), run.worn['experts.wet']['type'], count, expert.training]",
        "return ReportSection(repr(facts))",
    ]
    site.install("moei-b", source(*lines))
    ((title, _),) = told_by(site, show)
    rows, weights = show().rows, show().load("experts.wet")
    count = sum(parameter.numel() for parameter in weights.parameters())
    first = rows[0]["metrics"]["psnr"]
    worn = ["experts.gray", "experts.wet"]
    assert title == repr(["Tiny", len(rows), first, None, worn, "adapter", count, False])
    assert first > 0


def test_a_drawing_has_the_look_of_the_report_and_the_numbers_of_its_table(site, show):
    lines = [
        "def draw(axes): axes.bar(['<x>'], [1.0])",
        "table = Table('T', ['a', 'b'], [['x', '1']], 'n')",
        "return ReportSection('Drawn', (), table, Drawing('Shares', 'Read it so.', draw))",
    ]
    site.install("moei-a", source(*lines))
    ((one,), (again,)) = (ask_for_sections(site.load(), show) for _ in range(2))
    assert one.figure.csv() == "a,b\nx,1\n"
    (draw,) = one.figure.panels
    assert 'aria-label="Shares. Added by moei-a 1.0."' in draw()
    assert "&lt;x&gt;" in draw()
    assert one.section().html("a") == again.section().html("a")


def report_of(run: Path) -> Path:
    return stage_folder(run, read_run(run), "report")


def test_a_failing_plugin_does_not_stop_a_run(discovered, tmp_path):
    discovered.install("moei-a", source(TELLS))
    discovered.install("moei-bad", source("1 / 0"), version="2.3")
    folder = report_of(make_finished_run(tmp_path / "run"))
    page, text = (folder / "report.html").read_text(), (folder / "report.md").read_text()
    failure = f"(moei-bad 2.3) failed in moei_report_sections: ZeroDivisionError: division by zero{HERE}."
    assert failure in page
    assert failure in text
    assert "Bytes &amp; &lt;b&gt;more&lt;/b&gt;" in page
    assert "## Bytes & &lt;b>more&lt;/b>" in text
    assert "| x | 1 |" in text
    assert [one.title for one in read_contributions(folder / "contributions.json")] == [
        "Bytes & <b>more</b>",
        "moei-bad",
    ]


def test_strict_ends_the_run(discovered, tmp_path, monkeypatch):
    discovered.install("moei-bad", source("1 / 0"))
    monkeypatch.setenv("MOEI_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match=r"stage 'report' failed .* ZeroDivisionError: division by zero"):
        make_finished_run(tmp_path / "run")
    assert "report" not in read_run(tmp_path / "run").stages


def test_without_such_plugins_nothing_is_added(finished):
    assert read_contributions(report_of(finished) / "contributions.json") == []


def plan(finished: Path) -> dict[str, PlannedStage]:
    load_plugins.cache_clear()
    stages = [dataclasses.replace(stage, code="") for stage in make_chain(make_config(finished))]

    def version_of(kind: str, name: str) -> dict[str, str]:
        return dict(component_version(kind, name)) if kind == "report_sections" else {"version": "1"}

    return {planned.name: planned for planned in make_plan(stages, 0, version_of, frozenset())}


def test_the_report_is_made_anew_when_a_plugin_changes_comes_or_goes(discovered, finished):
    without = plan(finished)
    discovered.install("moei-a", source(TELLS))
    installed = plan(finished)
    changed = {name for name in without if without[name].fingerprint != installed[name].fingerprint}
    assert changed == {"report"}
    added = explain(installed["report"].recipe, without["report"].recipe)
    assert added == "component report_sections/moei-a:main added"
    (about,) = discovered.folder.glob("moei_a-1.0.dist-info")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: moei-a\nVersion: 1.1\n")
    newer = plan(finished)
    said = explain(newer["report"].recipe, installed["report"].recipe)
    assert said == "component report_sections/moei-a:main changed: version"
    with (discovered.folder / "moei_a.py").open("a") as module:
        module.write("# another source\n")
    said = explain(plan(finished)["report"].recipe, newer["report"].recipe)
    assert said == "component report_sections/moei-a:main changed: sha256"
    shutil.rmtree(about)
    assert plan(finished)["report"].fingerprint == without["report"].fingerprint


@pytest.fixture
def unpacked(discovered: Site, tmp_path: Path) -> Path:
    """The artifact of a run whose report has a section of a plugin, where that plugin is not installed."""
    discovered.install("moei-a", source(TELLS))
    run, target = make_finished_run(tmp_path / "run"), tmp_path / "artifact.zip"
    for path in discovered.folder.glob("moei_a*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    load_plugins.cache_clear()
    pack_run(run, target)
    with opened(target) as folder:
        return shutil.copytree(folder, tmp_path / "unpacked")


def test_an_artifact_tells_what_a_plugin_added_without_the_plugin(unpacked):
    verify_artifact(unpacked)
    report = unpacked / "stages/report"
    replace_text(report / "report.md", "| x | 1 |", "| x | 2 |")
    replace_text(report / "report.html", "<p>None.</p>", "<p>Some.</p>")
    cover_up(unpacked, manifests=True)
    said = complaints(unpacked)
    assert "report.md: table 'T': row 1 (x), column 'b': expected '1', got '2'" in said
    assert "report.html: section 'Bytes & <b>more</b>': expected '<p>None.</p>'" in said
    edit_json(report / "contributions.json", lambda kept: kept.update(contributions=[{"title": 5}]))
    cover_up(unpacked, manifests=True)
    assert "contributions.json: expected contributions, got TypeError" in complaints(unpacked)


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"contributions": 5},
        {"contributions": [{"title": "a", "origin": "o", "paragraphs": [1], "table": None}]},
        {"contributions": [{"title": "a", "origin": 5, "paragraphs": [], "table": None}]},
    ],
)
def test_damaged_contributions_are_refused(tmp_path, kept):
    (tmp_path / "contributions.json").write_text(json.dumps(kept))
    with pytest.raises(DataError, match=r"contributions\.json: "):
        read_contributions(tmp_path / "contributions.json")
