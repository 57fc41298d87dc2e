"""Shows a training to a person and keeps its history for the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from moei_toolkit.engine.hooks import Scalars
from moei_toolkit.engine.train import Listener
from moei_toolkit.errors import CheckpointError
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.reporter import Progress
from moei_toolkit.pipeline.running.stage import StageContext

HISTORY_FILE = "history.json"


class Chronicle:
    """Turns the events of a training into a progress bar and a history file.

    Args:
        context: Of the stage.
        progress: Counts iterations.
    """

    def __init__(self, context: StageContext, progress: Progress) -> None:
        self._log = context.log
        self._path = context.folder / HISTORY_FILE
        self._progress = progress
        self._done = 0
        self._psnr = ""

    def listener(self) -> Listener:
        """Return what the engine calls."""
        return Listener(self._iterated, self._validated, self._log.info)

    def _iterated(self, done: int, loss: float | None) -> None:
        shown = "" if loss is None else f"loss {loss:.4f}"
        self._progress.advance(done - self._done, f"{shown}  {self._psnr}".strip())
        self._done = done

    def _validated(self, iteration: int, scalars: Scalars) -> None:
        self._psnr = f"val PSNR {scalars['psnr']:.2f} dB"
        earlier = read_history(self._path.parent) if self._path.exists() else []
        kept = [point for point in earlier if point["iteration"] < iteration]
        atomic_write_json(self._path, [*kept, {"iteration": iteration, **scalars}])


def read_history(folder: Path) -> list[Mapping[str, float]]:
    """Return what a training measured: ``iteration``, ``psnr`` (dB) and ``psnr_NAME`` per degradation.

    Raises:
        CheckpointError: If the file is missing or damaged.
    """
    path = folder / HISTORY_FILE
    try:
        history: list[Mapping[str, float]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: expected the history of a training: {error}") from error
    return history
