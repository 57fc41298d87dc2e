"""One finished run for all, and copies of its artifact to tamper with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny_artifact import make_finished_run

from moei_toolkit.artifact.archive import opened
from moei_toolkit.artifact.packing import pack_run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run; read only."""
    return make_finished_run(tmp_path_factory.mktemp("finished") / "run")


@pytest.fixture(scope="session")
def packed(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its artifact; read only."""
    target = tmp_path_factory.mktemp("packed") / "artifact.zip"
    pack_run(finished, target)
    return target


@pytest.fixture
def unpacked(packed: Path, tmp_path: Path) -> Path:
    """A folder with what the artifact holds, to be changed."""
    with opened(packed) as folder:
        return shutil.copytree(folder, tmp_path / "unpacked")
