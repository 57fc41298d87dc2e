"""Two processes learn from the same samples what one learns, and end together, however one of them ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import two_processes
from tiny_training import LAST

from moei_toolkit.data.sampler import CountingSampler
from moei_toolkit.engine.checkpoint import list_checkpoints
from moei_toolkit.engine.process_group import SingleProcess
from moei_toolkit.engine.ranks import Ranks, read_ranks
from moei_toolkit.engine.torch_group import _loopback
from moei_toolkit.errors import ConfigError
from moei_toolkit.io.weights import load_weights


@dataclass(frozen=True)
class Trainings:
    """Every way of training, once.

    Attributes:
        base: A folder per training.
        ends: Of each, the exit code of every process and the error it ended with.
    """

    base: Path
    ends: Mapping[str, Any]

    def losses(self, name: str) -> dict[int, float]:
        """The loss after each iteration; of a resumed training, the later."""
        lines = (self.base / name / "losses").read_text().splitlines()
        return {done: loss for done, loss in map(json.loads, lines) if loss is not None}

    def weights(self, name: str) -> dict[str, torch.Tensor]:
        """What is in the last checkpoint."""
        return load_weights(self.base / name / "checkpoints" / f"{LAST}.safetensors")[0]


def run_trainings(base: Path, *names: str) -> Trainings:
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "ignore", two_processes.__file__, str(base), *names]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    return Trainings(base, json.loads(done.stdout.rpartition("ENDS")[2]))


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    base = tmp_path_factory.mktemp("trainings")
    return run_trainings(base, "one", "two", "one exactly", "two exactly", "two then one", "missing")


@pytest.fixture(scope="module")
def more_trainings(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    base = tmp_path_factory.mktemp("more")
    return run_trainings(base, "two", "one then two", "expert of one", "expert of two", "nan", "odd")


def test_the_loss_is_that_of_one_process(trainings):
    assert trainings.ends["two"] == [[0, ""], [0, ""]]
    assert list(trainings.losses("two")) == list(range(1, 9))
    assert trainings.losses("two") == pytest.approx(trainings.losses("one"), abs=1e-4)


def test_in_float64_everything_is_what_one_process_learns(trainings):
    assert trainings.ends["two exactly"] == [[0, ""], [0, ""]]
    assert trainings.losses("two exactly") == pytest.approx(trainings.losses("one exactly"), abs=1e-12)
    pair = trainings.weights("two exactly"), trainings.weights("one exactly")
    torch.testing.assert_close(*pair, rtol=0, atol=1e-9)
    assert sum(values.dtype == torch.float64 for values in pair[0].values()) > 50


def goes_on(trainings: Trainings, name: str, like: str) -> bool:
    """Whether a training that was killed begins again at its last checkpoint, and ends as another."""
    lines = (trainings.base / name / "losses").read_text().splitlines()
    assert [json.loads(line)[0] for line in lines] == [0, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8]
    return trainings.losses(name) == pytest.approx(trainings.losses(like), abs=1e-4)


def test_one_process_goes_on_where_two_stopped(trainings):
    assert goes_on(trainings, "two then one", "one")


@pytest.mark.long
def test_two_processes_go_on_where_one_stopped(more_trainings):
    assert goes_on(more_trainings, "one then two", "two")


@pytest.mark.long
def test_an_expert_is_trained_by_two_as_well(more_trainings):
    assert more_trainings.ends["expert of two"] == [[0, ""], [0, ""]]
    here, there = more_trainings.weights("expert of two"), more_trainings.weights("expert of one")
    moved = [name for name in here if name.startswith("average_expert")]
    assert moved
    for name in moved:
        torch.testing.assert_close(here[name], there[name], rtol=0, atol=1e-3)


def ends_with(trainings: Trainings, name: str, code: int, error: str) -> bool:
    """Whether both processes ended with an exit code and the beginning of an error."""
    return all((end, text[: len(error)]) == (code, error) for end, text in trainings.ends[name])


def test_what_goes_wrong_in_one_process_ends_both_with_its_error(trainings):
    assert ends_with(trainings, "missing", 3, "DataError: rank 1 of 2: sample 22 is missing")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "code", "error"),
    [
        ("nan", 7, "TrainingError: rank 1 of 2: training stopped at iteration 6: loss is nan"),
        ("odd", 2, "ConfigError: images_per_batch: expected a multiple of 2, the number of processes, got 3"),
    ],
)
def test_so_do_other_errors(more_trainings, name, code, error):
    assert ends_with(more_trainings, name, code, error)


def test_when_one_process_is_killed_the_other_ends_with_a_word_about_it(trainings):
    (code, text), second = trainings.ends["two then one"]
    assert second == [-9, ""]
    assert code == 7
    assert "another process of this training has ended" in text
    assert "go on from the last checkpoint" in text


def test_only_the_leader_writes(trainings):
    assert [path.stem for path in list_checkpoints(trainings.base / "two" / "checkpoints")] == [LAST]
    assert len(list((trainings.base / "two" / "logs").rglob("events.out.tfevents*"))) == 1


@pytest.mark.parametrize("parts", [1, 2, 3, 6])
def test_the_parts_of_every_batch_are_what_one_process_draws(parts):
    shares = [list(CountingSampler(12, 36, 6, parts, part)) for part in range(parts)]
    size = 6 // parts
    batches = [
        [index for share in shares for index in share[at : at + size]] for at in range(0, 4 * size, size)
    ]
    assert batches == [list(range(start, start + 6)) for start in (12, 18, 24, 30)]
    assert {len(CountingSampler(12, 36, 6, parts, part)) for part in range(parts)} == {4 * size}


def test_the_place_of_a_process_is_read_from_its_environment():
    meeting = {"MASTER_ADDR": "somewhere", "MASTER_PORT": "1"}
    assert read_ranks({}) == Ranks(0, 1, 0)
    assert read_ranks({"RANK": "0", "WORLD_SIZE": "1"}) == Ranks(0, 1, 0)
    assert read_ranks({"RANK": "1", "WORLD_SIZE": "8", **meeting}) == Ranks(1, 8, 1, 1)
    local = {"LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    assert read_ranks({"RANK": "5", "WORLD_SIZE": "8", **local, **meeting}) == Ranks(5, 8, 1, 4)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"RANK": "2", "WORLD_SIZE": "2"}, "expected RANK in"),
        ({"RANK": "zero", "WORLD_SIZE": "2"}, "RANK: expected a whole number, got 'zero'"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "MASTER_ADDR and MASTER_PORT"),
    ],
)
def test_an_environment_that_makes_no_sense_is_refused(variables, said):
    with pytest.raises(ConfigError, match=said):
        read_ranks(variables)


def test_what_processes_of_one_machine_say_stays_there():
    assert Path(f"/sys/class/net/{_loopback()}/address").read_text().strip() == "00:00:00:00:00:00"


def test_one_process_shares_with_nobody():
    group = SingleProcess()
    assert group.leads
    assert group.images_per_process(7) == 7
    assert group.from_leader("x") == "x"
    with pytest.raises(ValueError, match="mine"):
        group.agree(ValueError("mine"))
