"""Workers seen from the process that asks them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, cast

from moei_toolkit import errors
from moei_toolkit.bench.measuring import worker
from moei_toolkit.bench.measuring.subject import Model, Size, Subject, job_of
from moei_toolkit.errors import BenchError, MoeiError

_TAIL = 5
"""Lines of a worker's standard error that its death is explained with."""


class Worker:
    """A process that restores one image in one way, again and again.

    Args:
        name: Of its subject, for errors.
        process: Its standard streams are pipes.
        complaints: Its standard error.
    """

    def __init__(self, name: str, process: subprocess.Popen[str], complaints: IO[str]) -> None:
        self._name, self._process, self._complaints = name, process, complaints
        self._commands = cast("IO[str]", process.stdin)
        self._answers = cast("IO[str]", process.stdout)

    def wait(self) -> tuple[str, str]:
        """Wait until the subject is loaded; returns what its tiles are computed in, and go along.

        Raises:
            BenchError: If the worker died, or memory did not suffice.
            MoeiError: What it said: the subject cannot be built.
        """
        loaded = self._hear()
        return str(loaded["precision"]), str(loaded["route"])

    def run(self) -> dict[str, float]:
        """Restore the image; returns the seconds of describe, decide and restore.

        Raises:
            BenchError: If the worker died, or memory did not suffice.
        """
        return dict(self._ask("run"))

    def memory(self) -> Mapping[str, Any]:
        """Return the bytes taken at most, by ``"loaded"``, ``"peak"`` and ``"device"``."""
        return self._ask("memory")

    def _ask(self, command: str) -> Mapping[str, Any]:
        self.tell(command)
        return self._hear()

    def tell(self, line: str) -> None:
        """Send one line."""
        try:
            self._commands.write(line + "\n")
            self._commands.flush()
        except BrokenPipeError as error:
            raise self._death() from error

    def _hear(self) -> Mapping[str, Any]:
        line = self._answers.readline()
        if not line:
            raise self._death()
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            kind: type[MoeiError] = getattr(errors, answer["class"])
            raise kind(f"{self._name}: {answer['error']}")
        return answer

    def _death(self) -> BenchError:
        code = self._process.wait()
        self._complaints.seek(0)
        tail = " / ".join(self._complaints.read().strip().splitlines()[-_TAIL:])
        return BenchError(f"{self._name}: the worker ended with {code}: {tail or 'it said nothing'}")


@contextmanager
def start_worker(model: Model, subject: Subject, size: Size) -> Iterator[Worker]:
    """Start a worker; it loads while the caller does other things, and ends with the context.

    Args:
        model: What is restored with.
        subject: How.
        size: Of the image.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", worker.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
        )
        try:
            started = Worker(subject.name, process, complaints)
            started.tell(json.dumps(job_of(model, subject, size)))
            yield started
        finally:
            process.kill()
            process.communicate()
