"""Packages that pip installed and that fail while a run is under way: they are named, the rest is kept."""

from __future__ import annotations

import html
import os
import subprocess
from pathlib import Path

import pytest
from distributions import ROOT, install, run, write_package

from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.io.run_record import read_run, stage_folder

HELPERS = [str(ROOT / "tests" / name) for name in ("artifact", "bench", "config", "evaluation", "inference")]
REGISTERS = "@hookimpl\ndef moei_register"
SECTIONS = """@hookimpl
def moei_report_sections(run):
    from moei_toolkit.report_section import ReportSection

    return ReportSection({title})


"""
SWITCH = "FAIL_IN_TRAINING"
FAILS = f"""if self.training and torch.rand(1).item() < 0.5 and __import__("os").environ.get("{SWITCH}"):
            raise ArithmeticError("too heavy a load")
        return block(x)"""
PACKAGES = {
    "moei_sound_section": ("plugin.py", REGISTERS, SECTIONS.format(title="'All is well'") + REGISTERS),
    "moei_bad_section": ("plugin.py", REGISTERS, SECTIONS.format(title="1 / 0") + REGISTERS),
    "moei_bad_run": ("expert.py", "return block(x)", FAILS),
}
"""Packages that add an expert, and what more they do."""

REPORT = """
import sys
from pathlib import Path
from moei_toolkit.cli import run_main
from tiny_artifact import make_finished_run
run_main(lambda argv: 0 if make_finished_run(Path(argv[0])) else 1)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources, site = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("site")
    edits = {name: {f"{name}/{file}": (old, new)} for name, (file, old, new) in PACKAGES.items()}
    install(site, *(write_package(sources, name, "experts", edit) for name, edit in edits.items()))
    return site


def report(site: Path, work_dir: Path, strict: str) -> subprocess.CompletedProcess[str]:
    """Run a chain of which only the report is real."""
    path = os.pathsep.join([str(site), *HELPERS])
    code = ("-W", "ignore", "-c", REPORT, str(work_dir))
    return run(site, *code, PYTHONPATH=path, MOEI_STRICT_PLUGINS=strict)


REASON = (
    "plugin 'moei_bad_section' (moei_bad_section 0.1.0) failed in moei_report_sections: "
    "ZeroDivisionError: division by zero"
)


def test_a_hook_that_raises_is_named_and_the_section_of_another_is_there(site, tmp_path):
    done = report(site, tmp_path / "run", strict="0")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(REASON) == 1
    folder = stage_folder(tmp_path / "run", read_run(tmp_path / "run"), "report")
    for name in ("report.md", "report.html"):
        text = html.unescape((folder / name).read_text(encoding="utf-8"))
        assert f"{REASON} (plugin.py, line " in text
        assert "All is well" in text
        assert "Added by moei_sound_section 0.1.0." in text


@pytest.mark.long
def test_with_strict_plugins_the_run_ends_there(site, tmp_path):
    done = report(site, tmp_path / "run", strict="1")
    assert done.returncode == 4
    assert done.stderr.startswith("error: stage 'report' failed")
    assert REASON in done.stderr
    assert {"evaluate", "report"} & set(read_run(tmp_path / "run").stages) == {"evaluate"}


OPTIONS = (
    "backbone.width=8",
    "data.layout.size=64",
    "data.layout.longest_side=64",
    "dense.training.iterations=2",
    "dense.training.crop_size=32",
    "experts.rain.expert.type=bad_run",
    "experts.rain.training.crop_size=32",
)


def train(site: Path, work_dir: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ("-W", "ignore", "tools/train.py", "configs/smoke.py", "--work-dir", str(work_dir))
    options = ("--until", "experts.rain", *more, "--cfg-options", *OPTIONS)
    return run(site, *command, *options, **environment)


def test_an_expert_that_raises_in_training_is_named_and_what_is_committed_stays(site, tmp_path):
    done = train(site, tmp_path, **{SWITCH: "1"})
    assert done.returncode == 1, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: stage 'experts.rain' failed (its unfinished folder is ")
    assert ", in the plugin moei_bad_run 0.1.0 (expert.py, line 2" in last
    assert last.endswith("): ArithmeticError: too heavy a load")
    record = read_run(tmp_path)
    assert list(record.stages) == ["data", "dense"]
    for name in record.stages:
        assert read_manifest(stage_folder(tmp_path, record, name)).status == "complete"

    done = train(site, tmp_path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "data: reuse" in done.stderr
    assert "dense: reuse" in done.stderr
    assert "experts.rain: run (an earlier attempt was interrupted)" in done.stderr
