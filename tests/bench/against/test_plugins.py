"""What is timed is what was promised: fifty plugins are loaded whole, and PyTorch is not imported for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from moei_toolkit.bench.against import plugins
from moei_toolkit.bench.against.benchmark import Scale

REPORT = """
import json, sys
from moei_toolkit.registration.plugins import load_plugins
table = load_plugins()
print(json.dumps({
    "loaded": [state.name for state in table.states if state.status == "loaded"],
    "experts": list(table.entries("experts")),
    "modules": sorted(sys.modules),
}))
"""


def test_fifty_installed_plugins_are_loaded_without_pytorch(tmp_path: Path):
    names = {f"made_up_{number}" for number in range(50)}
    for name in names:
        plugins.install_plugin(tmp_path, name)
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", REPORT], env=variables, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert names <= set(said["loaded"])
    assert names <= set(said["experts"])
    assert {f"{name}.plugin" for name in names} <= set(said["modules"])
    assert not {"torch", "numpy", "cv2", "mmengine"} & set(said["modules"])
    assert f"{min(names)}.expert" not in said["modules"]


def test_their_metadata_are_as_long_as_those_of_a_real_package(tmp_path: Path):
    plugins.install_plugin(tmp_path, "made_up")
    (found,) = metadata.distributions(path=[str(tmp_path)])
    assert (found.metadata["Name"], found.version) == ("made_up", "1.0")
    assert [point.value for point in found.entry_points] == ["made_up.plugin"]
    assert len(found.read_text("METADATA") or "") > 10_000


def test_both_sides_load_what_is_installed(monkeypatch):
    seen = []
    monkeypatch.setattr(plugins, "load_with", lambda site: seen.append(sorted(site.iterdir())))
    with_plugins, without = plugins.prepare(Scale(width=48, height=32, rounds=1))
    with_plugins()
    without()
    assert [len(found) for found in seen] == [2 * plugins.COUNT, 0]
