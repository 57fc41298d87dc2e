"""Hears from Ray Tune what becomes of batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ray import cloudpickle
from ray.tune import Callback

from moei_toolkit.config.search_space import Variant
from moei_toolkit.tuning.running.job import Job
from moei_toolkit.tuning.running.outcome import Progress
from moei_toolkit.tuning.running.work import Event

EVENT = "event"
"""Key of an event in what a worker reports."""


class Listener(Callback):
    """Passes on what workers report, and keeps which variants were begun.

    Args:
        job: What is run.
        progress: Told what becomes of trials.
    """

    def __init__(self, job: Job, progress: Progress) -> None:
        self.begun: list[Variant] = []
        self._job = job
        self._progress = progress

    def __getstate__(self) -> dict[str, Any]:
        # Ray Tune stores its callbacks, to go on from there; a search goes on from its own store instead.
        return {}

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Keep which variants are begun."""
        self.begun += [one for one in self._job.variants(trial.config) if one not in self.begun]

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Pass on what a worker reports."""
        self._progress.tell(Event(**result[EVENT]))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Say that a worker was lost, and why."""
        names = [variant.name for variant in self._job.variants(trial.config)]
        self._progress.lost(names, _reason(trial))


def _reason(trial: Any) -> str:
    """Return what happened to a trial of Ray Tune in a line; Ray's own messages have many more."""
    if not trial.pickled_error_file:
        return "no reason is known"
    error = cloudpickle.loads(Path(trial.pickled_error_file).read_bytes())
    cause = getattr(error, "cause", None) or error
    return f"{type(cause).__name__}: {str(cause).strip().partition(chr(10))[0]}"
