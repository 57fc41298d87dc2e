"""Code is identified by what it imports, and by nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from moei_toolkit.errors import RegistryError
from moei_toolkit.pipeline import chain
from moei_toolkit.pipeline.running import source
from moei_toolkit.pipeline.running.source import source_digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a stranger; writing to it forgets what was read before."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "stranger" / "deep").mkdir(parents=True)

    def write(name: str, text: str) -> None:
        (tmp_path / "stranger" / name).write_text(text)
        source._source_of.cache_clear()

    write("__init__.py", "raise RuntimeError('must not be run')")
    write("deep/__init__.py", "")
    write("expert.py", "from . import helper\n\ndef late():\n    from stranger.deep import table\n")
    write("helper.py", "import json\n")
    write("deep/table.py", "from ..constants import ONE\n")
    write("constants.py", "ONE = 1\n")
    write("beside.py", "TWO = 2\n")
    yield write
    source._source_of.cache_clear()


@pytest.mark.parametrize("changed", ["expert.py", "helper.py", "deep/table.py", "constants.py"])
def test_what_is_imported_counts_wherever_the_import_stands(package, changed):
    before = source_digest("stranger.expert")
    package(changed, "ONE = 1  # changed\n")
    assert source_digest("stranger.expert") != before
    assert "stranger" not in sys.modules


@pytest.mark.parametrize("changed", ["__init__.py", "deep/__init__.py"])
def test_packages_around_what_is_imported_count(package, changed):
    before = source_digest("stranger.expert")
    package(changed, "x = 1\n")
    assert source_digest("stranger.expert") != before


def test_a_package_without_init(package, tmp_path):
    (tmp_path / "stranger" / "__init__.py").unlink()
    package("helper.py", "")
    before = source_digest("stranger.expert")
    package("helper.py", "x = 1\n")
    assert source_digest("stranger.expert") != before


def test_what_lies_beside_does_not_count(package):
    before = source_digest("stranger.expert")
    package("beside.py", "TWO = 3\n")
    package("new.py", "")
    assert source_digest("stranger.expert") == before


def test_a_stranger_stands_on_the_toolkit(package):
    alone = source_digest("stranger.expert")
    package("expert.py", "from moei_toolkit.experts.base import Expert\n")
    ours = source_digest("stranger.expert")
    package("expert.py", "from moei_toolkit.losses.base import Loss\n")
    assert len({alone, ours, source_digest("stranger.expert")}) == 3


@pytest.fixture(params=["folder", "site-packages"])
def script(tmp_path, monkeypatch, request):
    """A module without a package, which imports some of what lies beside it; and where they lie."""
    folder = tmp_path / request.param
    (folder / "its_parts" / "deep").mkdir(parents=True)
    monkeypatch.syspath_prepend(folder)
    for name, text in {
        "its_expert.py": "import json, its_helper\ndef late():\n    from its_parts.deep.table import ONE\n",
        "its_helper.py": "from its_constants import TWO\n",
        "its_constants.py": "TWO = 2\n",
        "its_parts/__init__.py": "",
        "its_parts/deep/table.py": "ONE = 1\n",
        "its_neighbour.py": "",
    }.items():
        (folder / name).write_text(text)
    source._source_of.cache_clear()
    return folder


def test_what_a_module_without_a_package_imports_from_beside_it_counts(script):
    for name, counts in {
        "its_helper.py": True,
        "its_constants.py": True,
        "its_parts/__init__.py": True,
        "its_parts/deep/table.py": True,
        "its_neighbour.py": False,
    }.items():
        before = source_digest("its_expert")
        (script / name).write_text((script / name).read_text() + "# changed\n")
        assert (source_digest("its_expert") != before) == (counts and script.name == "folder"), name


def imported(module: str) -> set[str]:
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found and not source._only_finds(name):
            found.add(name)
            waiting += source._imported(name, source._source_of(name))
    return found


def test_a_training_stage_stands_on_the_engine_and_not_on_the_report():
    found = imported("moei_toolkit.pipeline.stages.dense")
    assert {
        "moei_toolkit.engine.train",
        "moei_toolkit.data.crops",
        "moei_toolkit.inference.describe",
    } <= found
    assert not any("report" in name or "evaluation.summary" in name for name in found)


def test_a_new_built_in_makes_nothing_stale():
    stages = sorted(Path(chain.__file__).with_name("stages").glob("[!_]*.py"))
    assert len(stages) > 10
    for stage in stages:
        found = imported(f"moei_toolkit.pipeline.stages.{stage.stem}")
        assert not found & {"moei_toolkit.registration.builtin", "moei_toolkit.registry"}


@pytest.mark.parametrize("finder", source.FINDERS)
def test_what_only_finds_is_there_under_its_name(finder):
    assert source._source_of(f"{source.TOOLKIT}.{finder}")


def test_what_identifies_code_or_locates_errors_makes_nothing_stale():
    finding = {"frames", *(f"pipeline.running.{name}" for name in ("components", "source", "stage"))}
    for stage in ("data", "dense", "studies", "report"):
        found = imported(f"moei_toolkit.pipeline.stages.{stage}")
        assert not found & {f"moei_toolkit.{name}" for name in finding}


def test_a_module_that_is_not_there():
    with pytest.raises(RegistryError, match=r"moei_toolkit\.losses\.nowhere"):
        source_digest("moei_toolkit.losses.nowhere")


def test_source_that_does_not_parse(package):
    package("expert.py", "def broken(:")
    with pytest.raises(RegistryError, match=r"expert\.py: expected Python source"):
        source_digest("stranger.expert")
