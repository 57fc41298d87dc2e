"""Scenes and weather, or prepared sets, into one meta.jsonl."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moei_toolkit.config.component import Component
from moei_toolkit.data.layouts.base import SPLITS
from moei_toolkit.data.preparation.keeping.gathering import gather
from moei_toolkit.data.preparation.synthesis import synthesise
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.registry import DEGRADATIONS, LAYOUTS


def run(context: StageContext) -> None:
    """Draw weather over the scenes of a layout, or take prepared sets as they are."""
    config = context.config
    if config.data.layout:
        records = _synthesise(context, config.data.layout)
    else:
        records = gather(
            [Path(folder) for folder in config.data.prepared], list(config.tasks), context.folder
        )
    require_splits(records, list(config.tasks))


def _synthesise(context: StageContext, component: Component) -> list[Record]:
    config = context.config
    layout = LAYOUTS.build(component.as_dict())
    weather = {
        name: DEGRADATIONS.build(task.degradation.as_dict())
        for name, task in config.tasks.items()
        if task.degradation
    }
    draws = {str(split): count for split, count in config.data.draws.items()}
    with context.log.progress(1.0, "data") as progress:
        reached = 0.0

        def advance(done: int, total: int) -> None:
            nonlocal reached
            progress.advance(done / total - reached, f"{done} of {total} scenes")
            reached = done / total

        return synthesise(layout, weather, draws, context.seed, context.folder, advance)


def require_splits(records: Sequence[Record], tasks: Sequence[str]) -> None:
    """Refuse data that a later stage could not work with, before anything is trained on them.

    Raises:
        DataError: A task has no image in a split, or the split "calibrate" has fewer than two scenes.
    """
    for split in SPLITS:
        found = {record.degradation for record in records if record.split == split}
        if missing := [task for task in tasks if task not in found]:
            raise DataError(
                f"split {split!r}: expected images of every task, got none of {missing}; there is "
                f"{', '.join(sorted(found)) or 'nothing'}. Give the layout scenes for it, and "
                f"data.draws.{split} at least 1; of prepared data, add a set of that weather, give the split "
                "a larger share, or leave the task out of the config."
            )
    scenes = {record.scene_id for record in records if record.split == "calibrate"}
    if len(scenes) < 2:
        raise DataError(
            f"split 'calibrate': expected 2 scenes or more, one half to fit on and one to choose on, "
            f"got {len(scenes)}. Give the layout more."
        )
