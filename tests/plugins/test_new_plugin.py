"""What tools/new_plugin.py writes keeps its contract, is small and clean; names of others are refused."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from distributions import ROOT, run, write_package
from plugin_site import plugin
from setuptools.discovery import FlatLayoutPackageFinder

from moei_toolkit import testing
from moei_toolkit.commands.new_plugin import main
from moei_toolkit.errors import PluginError, StoreError
from moei_toolkit.new_plugin.skeleton import SINGULAR, Skeleton, compatible
from moei_toolkit.registration.plugin_table import KINDS
from moei_toolkit.registration.plugins import TOOLKIT

TOOL = str(ROOT / "tools" / "new_plugin.py")
MOST_LINES = 40


def test_no_kind_is_forgotten():
    assert set(SINGULAR) == set(KINDS)
    assert {f"check_{one}" for one in SINGULAR.values()} | {"ContractError"} == set(testing.__all__)


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_with_its_packaging_has_at_most_40_lines(kind):
    files = Skeleton("moei_example", kind).files()
    lines = [
        line
        for path, text in files.items()
        if path != "README.md" and not path.startswith("tests/")
        for line in text.splitlines()
        if line.strip()
    ]
    assert len(lines) <= MOST_LINES


def test_what_is_installed_passes_its_own_tests_while_other_plugins_are_broken(installed):
    tests = [str(folder / "tests") for folder in sorted(installed.sources.iterdir())]
    assert len(tests) == len(KINDS)
    options = ("--import-mode=importlib", f"--rootdir={installed.sources.parent}", "--no-header")
    done = run(installed.site, "-m", "pytest", *options, *tests)
    assert done.returncode == 0, done.stdout
    (passed,) = re.findall(r"(\d+) passed in", done.stdout)
    assert int(passed) >= 2 * len(KINDS)


def test_what_is_written_is_as_clean_as_the_rest(tmp_path):
    code = [
        str(path)
        for kind, one in SINGULAR.items()
        for path in (write_package(tmp_path, f"moei_new_{one}", kind) / f"moei_new_{one}").glob("*.py")
    ]
    rules = ("--config", str(ROOT / "pyproject.toml"), "--config", f"src = ['{ROOT}']")
    for command in (("check", *rules), ("format", "--check", *rules)):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, *code], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_templates_are_part_of_the_distribution(monkeypatch):
    said = {}
    monkeypatch.setattr("setuptools.setup", said.update)
    runpy.run_path(str(ROOT / "setup.py"))
    package = ROOT / "moei_toolkit" / "new_plugin"
    patterns = said["package_data"]["moei_toolkit.new_plugin"]
    packed = {path for pattern in patterns for path in package.glob(pattern)}
    assert {path for path in (package / "templates").rglob("*") if path.is_file()} == packed


def test_what_is_listed_is_what_is_written(tmp_path, capsys):
    arguments = ["moei_toy", "--kind", "expert", "--out", str(tmp_path / "plugins")]
    assert main([*arguments, "--dry-run"]) == 0
    listed = capsys.readouterr().out.split()
    assert list(tmp_path.iterdir()) == []
    assert main(arguments) == 0
    assert capsys.readouterr().out.split() == listed
    written = {str(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(listed)
    assert {Path(path).name for path in listed} >= {"pyproject.toml", "plugin.py", "expert.py", "README.md"}


@pytest.mark.parametrize("kind", ["loss", "losses"])
def test_a_kind_may_be_singular_or_plural(kind, tmp_path, capsys):
    assert main(["moei_toy", "--kind", kind, "--out", str(tmp_path)]) == 0
    assert (
        'register("losses", "toy", "moei_toy.loss:Toy")'
        in (tmp_path / "moei_toy/moei_toy/plugin.py").read_text()
    )


def test_a_name_without_the_prefix_is_kept(tmp_path, capsys):
    assert main(["dust_lamp", "--kind", "metric", "--out", str(tmp_path)]) == 0
    source = (tmp_path / "dust_lamp/dust_lamp/plugin.py").read_text()
    assert 'register("metrics", "dust_lamp", "dust_lamp.metric:DustLamp")' in source


def test_an_unknown_kind_is_a_wrong_usage(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["moei_toy", "--kind", "exprt"])
    assert "unknown kind 'exprt'. Did you mean 'expert'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Moei_Toy", "lower case letters, .* got 'Moei_Toy'"),
        ("moei-toy", "lower case letters, .* got 'moei-toy'"),
        ("moei_", "lower case letters, .* got 'moei_'"),
        ("moei_2x", "a letter first; got 'moei_2x'"),
        ("moei__toy", "single underscores, .* got 'moei__toy'"),
        ("../toy", "got '../toy'"),
        ("lambda", "'lambda' is, or leads to, a keyword of Python"),
        ("moei_for", "'moei_for' is, or leads to, a keyword of Python"),
        ("utils", "a folder 'utils' for no package; choose another name, such as moei_utils"),
        ("moei_none", "'moei_none' is, or leads to, a keyword of Python"),
        ("moei_expert", "leads to a class Expert, which its module has already"),
        ("moei_tensor", "leads to a class Tensor, which its module has already"),
    ],
)
def test_a_name_that_makes_no_package_is_refused(name, reason, tmp_path):
    with pytest.raises(PluginError, match=reason):
        main([name, "--kind", "expert", "--out", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_a_class_of_the_template_is_not_named_twice():
    with pytest.raises(PluginError, match="a class LargeKernel, which"):
        Skeleton("moei_large_kernel", "backbones")
    assert Skeleton("moei_large_kernel", "experts").class_name == "LargeKernel"


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "moei_toy").mkdir()
    with pytest.raises(PluginError, match="moei_toy exists already"):
        main(["moei_toy", "--kind", "expert", "--out", str(tmp_path)])
    assert list((tmp_path / "moei_toy").iterdir()) == []


def test_names_of_others_are_refused_with_who_has_them(site, tmp_path):
    site.install("moei-toy", plugin(("experts", "toy", "a:Toy")), version="1.2")
    builtin = site.run(TOOL, "moei_lora", "--kind", "expert", "--out", str(tmp_path / "out"))
    installed = site.run(TOOL, "toy", "--kind", "expert", "--out", str(tmp_path / "out"))
    module = site.run(TOOL, "moei_toy", "--kind", "loss", "--out", str(tmp_path / "out"))
    assert [done.returncode for done in (builtin, installed, module)] == [4, 4, 4]
    assert f"experts 'lora' from moei_toolkit {TOOLKIT.version} is there already" in builtin.stderr
    assert "experts 'toy' from moei-toy 1.2 is there already (a:Toy)" in installed.stderr
    assert "Python has a package 'moei_toy' already" in module.stderr
    assert str(tmp_path / "moei_toy.py") in module.stderr
    assert not (tmp_path / "out").exists()


def test_a_disk_that_fails_leaves_nothing(tmp_path, monkeypatch):
    written = []

    def write(path, text, encoding):
        written.append(path)
        if len(written) == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write)
    with pytest.raises(StoreError, match="No space left"):
        main(["moei_toy", "--kind", "expert", "--out", str(tmp_path)])
    assert len(written) == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "works_with"),
    [("0.1.0", ">=0.1,<0.2"), ("0.12.3.dev1", ">=0.12,<0.13"), ("1.3.0", ">=1.3,<2")],
)
def test_a_plugin_works_with_versions_that_promise_the_same(version, works_with):
    assert compatible(version) == works_with


def test_every_name_that_setuptools_passes_over_is_refused():
    for name in FlatLayoutPackageFinder.DEFAULT_EXCLUDE:
        with pytest.raises(PluginError):
            Skeleton(name, "experts")
