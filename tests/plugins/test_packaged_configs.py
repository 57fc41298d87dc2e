"""Configs and trained models travel with what is installed: away from the checkout, they are found."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from distributions import ROOT, install
from PIL import Image

from moei_toolkit.inference.pretrained.shipped import MODELS

TRAIN = """
import moei_sandstorm, moei_toolkit
from moei_toolkit.commands.train import run
print(moei_toolkit.__file__, moei_sandstorm.__file__)
run()
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What building needs, where it may leave something."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("moei_toolkit", "configs", "setup.py", "pyproject.toml", "README.md", "MANIFEST.in"):
        (checkout / name).symlink_to(ROOT / name)
    return checkout


@pytest.fixture(scope="module")
def site(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toolkit as it is built, and a package that is installed beside it."""
    base = tmp_path_factory.mktemp("packaged")
    site = base / "site"
    build = ("setup.py", "--quiet", "build_py", "--build-lib", str(site))
    subprocess.run([sys.executable, *build], cwd=checkout, check=True)
    package = shutil.copytree(ROOT / "plugins" / "moei_sandstorm", base / "moei_sandstorm")
    install(site, package)
    return site


def test_a_config_of_a_package_runs_away_from_the_checkout(site, tmp_path):
    variables = {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", TRAIN, "moei_sandstorm::four_weathers.py", "--dry-run"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    imported, *_, last = done.stdout.splitlines()
    assert all(Path(path).is_relative_to(site) for path in imported.split())
    assert last == "17 of 17 stages would run"
    assert "experts.sandstorm: run (new)" in done.stderr
    assert list(tmp_path.iterdir()) == []


RESTORE = """
import moei_toolkit
from moei_toolkit.commands.restore import run
print(moei_toolkit.__file__)
run()
"""


def test_a_photograph_is_restored_away_from_the_checkout(site, tmp_path):
    Image.new("RGB", (64, 48), "gray").save(tmp_path / "photo.jpg")
    variables = {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", RESTORE, "photo.jpg"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(site)
    assert "restored/photo.jpg: " in done.stderr
    with Image.open(tmp_path / "restored" / "photo.jpg") as restored:
        assert restored.size == (64, 48)
    for path in MODELS.rglob("*.*"):
        inside = site / path.relative_to(ROOT)
        assert inside.read_bytes() == path.read_bytes()


def test_the_command_in_its_readme_is_the_one_that_runs():
    said = (ROOT / "plugins" / "moei_sandstorm" / "README.md").read_text(encoding="utf-8")
    assert "\nmoei-train moei_sandstorm::four_weathers.py " in said
    assert "\nmoei-train moei_sandstorm::four_weathers_smoke.py " in said


def test_the_source_distribution_holds_models_and_configs(checkout, tmp_path):
    build = [sys.executable, "setup.py", "--quiet", "sdist", "--formats=tar", "-d", str(tmp_path)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as opened:
        packed = {name.partition("/")[2] for name in opened.getnames()}
    expected = [*MODELS.rglob("*.*"), *(ROOT / "configs").rglob("*.py")]
    assert {path.relative_to(ROOT).as_posix() for path in expected} <= packed
