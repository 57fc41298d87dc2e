"""A small run, what was exported of it, and its trained model: made once, because tracing takes seconds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from tiny_model import make_model
from tiny_run import make_run

from moei_toolkit.inference.export.writing import export_bundle


@dataclass(frozen=True)
class Exported:
    """Not to be written to.

    Attributes:
        run: The run.
        bundle: Its bundle.
        differences: What the export found.
    """

    run: Path
    bundle: Path
    differences: dict[str, float]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Exported:
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":  # then all that test at once share what is above
        shared = shared.parent
    folder, found = shared / "exported", shared / "exported.json"
    run, bundle = folder / "run", folder / "bundle"
    with FileLock(shared / "exported.lock"):
        if not found.exists():
            shutil.rmtree(folder, ignore_errors=True)  # another has failed to
            found.write_text(json.dumps(export_bundle(make_run(run), bundle)))
    return Exported(run, bundle, json.loads(found.read_text()))


@pytest.fixture
def bundle(exported: Exported, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may spoil."""
    return Path(shutil.copytree(exported.bundle, tmp_path / "bundle"))


@dataclass(frozen=True)
class Trained:
    """Not to be written to.

    Attributes:
        run: The run.
        model: The folder of its model.
    """

    run: Path
    model: Path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("trained")
    run = make_run(folder / "run")
    make_model(folder / "model", run)
    return Trained(run, folder / "model")


@pytest.fixture
def model(trained: Trained, tmp_path: Path) -> Path:
    """A copy of the model that a test may spoil."""
    return Path(shutil.copytree(trained.model, tmp_path / "model"))
