"""What a benchmark has timed can stand beside what was counted."""

from __future__ import annotations

import json

import pytest

from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.bench.record import read_latencies
from moei_toolkit.errors import BenchError


@pytest.fixture
def file(tmp_path):
    subjects = [{"name": "plain", "policy": "dense"}, {"name": "wet", "policy": "expert.rain"}]
    costs = [
        {"subject": one["name"], "latency_ms": {"median": 10.0 * n}} for n, one in enumerate(subjects, 1)
    ]
    image = {"width": 64, "height": 48}
    data = {"schema": 1, "image": image, "subjects": subjects, "costs": costs}
    (tmp_path / "cost.json").write_text(json.dumps(data))
    return tmp_path / "cost.json"


def test_latencies_by_route(file):
    assert read_latencies(file, Size(64, 48)) == {"dense": 10.0, "rain": 20.0}


def test_several_latencies_of_one_policy_are_refused(file):
    data = json.loads(file.read_text())
    data["subjects"].append({"name": "dense (usual tiler)", "policy": "dense"})
    data["costs"].append({"subject": "dense (usual tiler)", "latency_ms": {"median": 30.0}})
    file.write_text(json.dumps(data))
    with pytest.raises(BenchError, match=r"one latency of 'dense', got several, the last of 'dense \(usual"):
        read_latencies(file, Size(64, 48))


def test_other_images_and_other_files_are_refused(file, tmp_path):
    with pytest.raises(BenchError, match="latencies of images of 32x32, got 64x48; give --size 64x48"):
        read_latencies(file, Size(32, 32))
    (tmp_path / "other.json").write_text("[]")
    data = json.loads(file.read_text())
    (tmp_path / "later.json").write_text(json.dumps({**data, "schema": 2}))
    (tmp_path / "strange.json").write_text(json.dumps({**data, "subjects": []}))
    for name in ("other.json", "later.json", "strange.json", "nothing.json"):
        with pytest.raises(BenchError, match=f"{name}: expected a cost.json of tools/bench.py"):
            read_latencies(tmp_path / name, Size(64, 48))
    (tmp_path / "large.json").write_bytes(b"\x89" * 100_000)
    with pytest.raises(BenchError, match="got UnicodeDecodeError") as refused:
        read_latencies(tmp_path / "large.json", Size(64, 48))
    assert len(str(refused.value)) < 500
