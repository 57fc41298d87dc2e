"""What long work says to a person: lines of text and progress. Silent, or through rich."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress(Protocol):
    """Counts how much of a known amount of work is done."""

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Count ``amount`` more as done and show ``note``, for instance the latest loss."""


class Reporter(Protocol):
    """Tells a person what is going on."""

    def info(self, text: str) -> None:
        """Say one thing."""

    def progress(self, total: float, description: str) -> AbstractContextManager[Progress]:
        """Show progress while the returned context lasts.

        Args:
            total: The amount of work.
            description: What is being done.
        """


class SilentReporter:
    """Says nothing."""

    def info(self, text: str) -> None:
        """Ignore the text."""

    @contextmanager
    def progress(self, total: float, description: str) -> Iterator[Progress]:
        """Yield a progress that shows nothing."""
        yield _SilentProgress()


class RichReporter:
    """Writes lines and progress bars with the remaining time to a rich console.

    Where the output is not a terminal, progress becomes one line per tenth of the work.

    Args:
        console: Where to write; standard error by default, so that results can be piped. Where the reader of
            that has gone, what is said raises ``BrokenPipeError``.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or _standard_error()
        self._open = 0
        self._bars = _bars(self._console)

    def info(self, text: str) -> None:
        """Write one line; square brackets in it are shown as they are."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self, total: float, description: str) -> Iterator[Progress]:
        """Show a progress bar, below the bars that are already open."""
        if not self._console.is_terminal:
            yield _LineProgress(self, total, description)
            return
        task = self._bars.add_task(description, total=total, note="")
        self._open += 1
        self._bars.start()
        try:
            yield _BarProgress(self._bars, task)
        finally:
            self._open -= 1
            self._bars.remove_task(task)
            if self._open == 0:
                self._bars.stop()


class _SilentProgress:
    def advance(self, amount: float = 1, note: str = "") -> None:
        pass


class _BarProgress:
    def __init__(self, bars: RichProgress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def advance(self, amount: float = 1, note: str = "") -> None:
        self._bars.update(self._task, advance=amount, note=note)


class _LineProgress:
    def __init__(self, reporter: Reporter, total: float, description: str) -> None:
        self._reporter = reporter
        self._total = total
        self._description = description
        self._done = 0.0
        self._shown = 0

    def advance(self, amount: float = 1, note: str = "") -> None:
        self._done += amount
        tenths = int(10 * self._done / self._total) if self._total else 10
        if tenths > self._shown:
            self._shown = tenths
            self._reporter.info(f"{self._description}: {10 * tenths}% {note}".rstrip())


def _standard_error() -> Console:
    from rich.console import Console

    class StandardError(Console):
        def on_broken_pipe(self) -> None:
            # The console of rich would end the process here, as if something had failed.
            self.quiet = True
            raise BrokenPipeError("the reader of standard error has gone")

    return StandardError(stderr=True)


def _bars(console: Console) -> RichProgress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        transient=True,
    )
