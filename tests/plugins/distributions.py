"""Packages as their authors write them, built by setuptools and installed by pip; no network is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from moei_toolkit.commands.new_plugin import write_files
from moei_toolkit.new_plugin.skeleton import Skeleton

ROOT = Path(__file__).parents[2]
STRICT = "MOEI_STRICT_PLUGINS"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
BUILD = """
import os, sys
from setuptools import build_meta
wheels, *packages = sys.argv[1:]  # which building overwrites
for package in packages:
    os.chdir(package)
    build_meta.build_wheel(wheels)
"""


def write_package(above: Path, name: str, kind: str, edits: dict[str, tuple[str, str]] | None = None) -> Path:
    """Write what tools/new_plugin.py writes, with a text in some of its files replaced by another one."""
    folder = above / name
    files = Skeleton(name, kind).files()
    for path, (old, new) in (edits or {}).items():
        assert files[path].count(old) == 1, f"{path} holds {old!r} {files[path].count(old)} times"
        files[path] = files[path].replace(old, new)
    write_files(files, folder)
    return folder


def install(site: Path, *packages: Path) -> None:
    """Build packages and install them into a folder.

    One process builds them all, as pip would have three for each of them do.
    """
    with TemporaryDirectory() as wheels:
        _run_python("-c", BUILD, wheels, *map(str, packages))
        _run_python(*PIP, "--target", str(site), *map(str, Path(wheels).glob("*.whl")))


def _run_python(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run(site: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python at the root of the repository with what is installed in a folder, which may be broken."""
    fixed = {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", STRICT: "0"}
    variables = {**os.environ, **fixed, **environment}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=variables, capture_output=True, text=True)
