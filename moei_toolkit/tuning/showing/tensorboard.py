"""All variants of a search in TensorBoard: a run each, with what it changes and what it reached."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from moei_toolkit.io.disk import disk_errors
from moei_toolkit.report.markup import slug
from moei_toolkit.tuning.showing.results import Results

FOLDER = "tensorboard"


def write_tensorboard(results: Results, folder: Path) -> None:
    """Write a run for every variant that was judged; what an earlier search left there is removed.

    Args:
        results: What was found.
        folder: Where the runs go, in a folder each.

    Raises:
        StoreError: The disk is full or read-only.
    """
    from torch.utils.tensorboard import SummaryWriter

    with disk_errors(folder):
        if folder.exists():
            shutil.rmtree(folder)
        for number, finding in enumerate(results.findings):
            name = f"{number:03d}-{slug(finding.judged.name)}"
            with SummaryWriter(str(folder / name)) as writer:
                changed = {axis: _plain(value) for axis, value in results.coordinates(finding).items()}
                reached = {f"search/{name}": value for name, value in finding.judged.scores.items()}
                writer.add_hparams(changed, reached, run_name=".")


def _plain(value: Any) -> bool | int | float | str:
    return value if isinstance(value, bool | int | float | str) else str(value)
