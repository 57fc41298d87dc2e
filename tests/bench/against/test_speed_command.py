"""The command runs what it is asked to, says so, and ends well whatever came out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moei_toolkit.bench.against.benchmark import Benchmark, Outcome, Scale, Target
from moei_toolkit.bench.against.timing import Timings
from moei_toolkit.commands import speed as command


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Scale]]:
    """Let every benchmark find a ratio of 2 at once; returns what was run."""
    found: list[tuple[str, Scale]] = []

    class Instant(Benchmark):
        def run(self, scale: Scale) -> Outcome:
            found.append((self.name, scale))
            return Outcome(self, scale, Timings(first=(2.0,) * scale.rounds, second=(1.0,) * scale.rounds))

    def load(name: str) -> Benchmark:
        target = Target(">=", 3) if name == "ssim" else Target(">=", 1)
        return Instant(name, "slow", "fast", target, lambda scale: (lambda: None, lambda: None))

    monkeypatch.setattr(command, "load_benchmark", load)
    return found


def test_everything_runs_at_4k_unless_told_otherwise(ran, capsys):
    assert command.main([]) == 0
    assert [name for name, _ in ran] == list(command.NAMES)
    assert {(scale.width, scale.height) for _, scale in ran} == {(3840, 2160)}
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(command.NAMES)
    assert "misses the target, >= 3" in lines[0]
    assert "meets the target, >= 1" in lines[1]


def test_quick_is_a_smaller_image_and_fewer_rounds(ran):
    command.main(["--only", "ssim"])
    command.main(["--only", "ssim", "--quick"])
    (_, full), (_, quick) = ran
    assert quick.width * quick.height < full.width * full.height / 10
    assert quick.rounds < full.rounds


def test_a_size_is_taken_as_given(ran):
    command.main(["--only", "trunk", "--size", "640x360"])
    command.main(["--only", "trunk", "--size", "640x360", "--quick"])
    assert [(name, scale.width, scale.height) for name, scale in ran] == [("trunk", 640, 360)] * 2


def test_chosen_benchmarks_run_once_and_in_their_order(ran):
    command.main(["--only", "trunk", "ssim", "trunk"])
    assert [name for name, _ in ran] == ["ssim", "trunk"]


def test_json_holds_what_was_printed(ran, tmp_path: Path):
    path = tmp_path / "folder" / "times.json"
    command.main(["--quick", "--json", str(path)])
    written = json.loads(path.read_text(encoding="utf-8"))
    assert [benchmark["name"] for benchmark in written["benchmarks"]] == list(command.NAMES)
    assert written["benchmarks"][0]["ratio"]["median"] == 2.0
    assert [benchmark["meets"] for benchmark in written["benchmarks"][:2]] == [False, True]
    assert written["versions"]["moei_toolkit"]
    assert [file.name for file in path.parent.iterdir()] == ["times.json"]


def test_what_was_measured_is_kept_when_a_later_benchmark_fails(ran, tmp_path: Path, monkeypatch):
    load = command.load_benchmark

    def fail_late(name: str) -> Benchmark:
        if name == "trunk":
            raise MemoryError
        return load(name)

    monkeypatch.setattr(command, "load_benchmark", fail_late)
    with pytest.raises(MemoryError):
        command.main(["--json", str(tmp_path / "times.json")])
    written = json.loads((tmp_path / "times.json").read_text(encoding="utf-8"))
    assert [benchmark["name"] for benchmark in written["benchmarks"]] == ["ssim", "bootstrap"]


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["--only", "sim"], "invalid choice: 'sim'"),
        (["--only"], "expected at least one argument"),
        (["--size", "4k"], "expected WIDTHxHEIGHT of 16 pixels or more, got '4k'"),
        (["--size", "640x8"], "expected WIDTHxHEIGHT of 16 pixels or more, got '640x8'"),
    ],
)
def test_wrong_usage_is_refused_before_anything_runs(ran, capsys, argv: list[str], complaint: str):
    with pytest.raises(SystemExit) as caught:
        command.main(argv)
    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err
    assert ran == []
