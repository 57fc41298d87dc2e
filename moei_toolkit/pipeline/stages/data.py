"""Scenes and weather into one meta.jsonl and one pair store."""

from __future__ import annotations

from moei_toolkit.data.prepare import prepare
from moei_toolkit.pipeline.stage import StageContext
from moei_toolkit.registry import DEGRADATIONS, LAYOUTS


def run(context: StageContext) -> None:
    """Build the layout and the degradations, and write every image once."""
    config = context.config
    layout = LAYOUTS.build(config.data.layout.as_dict())
    degradations = {
        name: DEGRADATIONS.build(task.degradation.as_dict()) for name, task in config.tasks.items()
    }
    draws = {str(split): count for split, count in config.data.draws.items()}
    with context.log.progress(1.0, "data") as progress:
        reached = 0.0

        def advance(done: int, total: int) -> None:
            nonlocal reached
            progress.advance(done / total - reached, f"{done} of {total} scenes")
            reached = done / total

        prepare(layout, degradations, draws, context.seed, context.folder, advance)
