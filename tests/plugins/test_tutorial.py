"""plugins/README.md is run as it stands, in a fresh virtual environment and without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributions import ROOT, STRICT

from moei_toolkit.new_plugin.skeleton import SINGULAR, Skeleton

TUTORIAL = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^.*`(plugins/\S+)`", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| .* \| (\d+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """One fenced block.

    Attributes:
        language: What follows the fence.
        text: What is in it.
        above: The paragraph before it.
    """

    language: str
    text: str
    above: str


def steps() -> Iterator[Step]:
    end = 0
    for block in BLOCK.finditer(TUTORIAL):
        yield Step(block[1], block[2], TUTORIAL[end : block.start()].strip().rpartition("\n\n")[2])
        end = block.end()


@pytest.fixture
def checkout(tmp_path):
    """A folder like a checkout of the repository, with a virtual environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    (packages,) = (tmp_path / ".venv" / "lib").glob("python*/site-packages")
    shared = sysconfig.get_path("purelib")
    (packages / "shared.pth").write_text(f"import site; site.addsitedir({shared!r})\n")
    (tmp_path / "plugins").mkdir()
    for name in ("tools", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def run(command: str, folder: Path) -> tuple[int, list[str]]:
    """Run a block of commands and return the exit code and what they said, with single spaces."""
    variables = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        STRICT: "0",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # this is how pip spells --no-build-isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, [" ".join(line.split()) for line in done.stdout.splitlines()]


def follow(folder: Path, train: bool) -> int:
    """Take every step, and return how many there were."""
    said: list[str] = []
    taken = list(steps())
    for number, step in enumerate(taken):
        if step.language == "bash":
            if "tools/train.py" in step.text and "--dry-run" not in step.text and not train:
                continue
            code, said = run(step.text, folder)
            following = taken[number + 1].text if number + 1 < len(taken) else ""
            assert (code != 0) == ("failed" in following), "\n".join([step.text, *said])
        elif step.language == "text":
            unsaid = [line for line in step.text.splitlines() if not any(line in words for words in said)]
            assert unsaid == [], "\n".join(said)
        else:
            (path,) = PATH.findall(step.above)
            assert (folder / path).read_text(encoding="utf-8") == step.text
    return len(taken)


def test_the_tutorial_does_what_it_says(checkout):
    assert follow(checkout, train=False) > 15
    assert list((checkout / "plugins").iterdir()) == []


@pytest.mark.long
def test_the_tutorial_trains(checkout):
    follow(checkout, train=True)
    assert list((checkout / "work_dirs" / "scale").rglob("*.safetensors"))


def test_no_block_is_passed_over():
    assert {step.language for step in steps()} == {"bash", "text", "toml", "python"}
    assert TUTORIAL.count("```") == 2 * len(list(steps()))


def test_lines_are_counted_right():
    counted = {}
    for kind, one in SINGULAR.items():
        files = Skeleton(f"moei_new_{one}", kind).files()
        code = [text for path, text in files.items() if path != "README.md" and not path.startswith("tests/")]
        counted[one] = sum(bool(line.strip()) for text in code for line in text.splitlines())
    assert {one: int(lines) for one, lines in ROW.findall(TUTORIAL)} == counted
