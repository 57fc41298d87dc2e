"""The record of an environment is of what is installed, not of what was imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from moei_toolkit.artifact.environment import environment_snapshot


def test_what_a_package_brings_for_itself_is_not_installed(monkeypatch):
    before = environment_snapshot()
    assert {"moei-toolkit", "ray", "torch"} <= before["distributions"].keys()
    ray = Path(find_spec("ray").origin).parent / "thirdparty_files"
    assert list(ray.glob("*.dist-info"))
    monkeypatch.syspath_prepend(str(ray))
    assert environment_snapshot() == before
