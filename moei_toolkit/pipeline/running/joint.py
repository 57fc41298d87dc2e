"""A stage that several processes do together, seen from the one that leads."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path

from moei_toolkit.engine.process_group import take_part
from moei_toolkit.io.shared_paths import mark_in, shared_paths
from moei_toolkit.pipeline.running.plan import PlannedStage
from moei_toolkit.pipeline.running.stage import StageContext


def lead(planned: PlannedStage, context: StageContext) -> None:
    """Run a stage; where the stage is joint, together with those who `follow`.

    Raises:
        MoeiError: A process has failed.
    """
    work = partial(planned.stage.run, context)
    if not planned.stage.joint or context.group.size == 1:
        work()
        return
    inputs = {name: str(folder.absolute()) for name, folder in context.inputs.items()}
    with mark_in(context.folder) as mark:
        context.group.call(
            {
                "stage": planned.name,
                "recipe": planned.recipe,
                "folder": str(context.folder.absolute()),
                "inputs": inputs,
                "shared": asdict(shared_paths([mark, *map(Path, inputs.values())])),
            }
        )
        take_part(context.group, work)
