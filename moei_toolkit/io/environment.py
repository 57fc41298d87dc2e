"""What a result was made with: versions, machine, and the state of the source code."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import moei_toolkit
from moei_toolkit.io.processors import usable_cores

_DISTRIBUTIONS = ("torch", "numpy", "mmengine", "onnxruntime", "openvino", "pyvips")
_PATIENCE = 120
"""Seconds: a busy machine with a cold disk takes long to look at every file."""


def toolkit_version() -> str:
    """Return the version of this toolkit."""
    return moei_toolkit.__version__


def versions() -> dict[str, Any]:
    """Return the versions a result depends on, without importing any of the packages.

    Returns:
        Python, the toolkit, what computes and reads images (None when not installed), the platform, and the
        number of processors and OpenMP threads this process may use.
    """
    return {
        "python": platform.python_version(),
        "moei_toolkit": toolkit_version(),
        **{name: _installed(name) for name in _DISTRIBUTIONS},
        "platform": platform.platform(),
        "processors": usable_cores(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
    }


def git_state() -> dict[str, Any] | None:
    """Return ``{"revision", "dirty"}`` of the toolkit's own source, or None when git does not track it.

    Dirty is None where git does not say.
    """
    package = Path(moei_toolkit.__file__).parent
    if _git(package, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    revision = _git(package, "rev-parse", "HEAD")
    if revision is None:
        return None
    changes = _git(package, "status", "--porcelain")
    return {"revision": revision, "dirty": None if changes is None else bool(changes)}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
