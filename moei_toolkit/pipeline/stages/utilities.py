"""Fills the utility cache: every expert restores every degraded routing image; no expert has seen one.

What the experts have seen is described at most: it shows more scenes than there are to route by.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from moei_toolkit.config.schema import Config
from moei_toolkit.data.layouts.base import TRAIN
from moei_toolkit.data.records import Record
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.machine.devices import default_device
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.reporter import Progress
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.measuring.routes import restore_along_all, utility_losses
from moei_toolkit.pipeline.measuring.utility_cache import Familiar, UtilityCache, save_cache, save_familiar
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.types import CLEAN

SPLITS = ("route", "calibrate")


def run(context: StageContext) -> None:
    """Leave a cache for each of the splits "route" and "calibrate", and the look of "train" if asked to."""
    runtime = RunParts(context.config, context.inputs).runtime(default_device())
    with Images(context.inputs["data"]) as images:
        for split in SPLITS:
            records = _degraded(images, split)
            with context.log.progress(len(records), f"utilities of {split}") as progress:
                save_cache(
                    context.folder, split, _measure(context.config, runtime, images, records, progress)
                )
        if context.config.utilities.familiar:
            records = _degraded(images, TRAIN)
            with context.log.progress(len(records), "descriptors of train") as progress:
                save_familiar(context.folder, _describe(runtime, images, records, progress))


def _degraded(images: Images, split: str) -> list[Record]:
    """Return the images of a split but the clean ones.

    Nothing is best for a clean image: what little the routes differ by would teach noise.
    """
    return [record for record in images.of(split) if record.degradation != CLEAN]


def _measure(
    config: Config, runtime: EagerRuntime, images: Images, records: Sequence[Record], progress: Progress
) -> UtilityCache:
    losses, psnr = utility_losses(config), PSNR()
    descriptors, errors, qualities = [], [], []
    for record in records:
        g = runtime.describe(images.store.degraded(record))
        image = restore_along_all(runtime, images, record, g, losses)
        clean = image.clean.transpose(2, 0, 1)
        descriptors.append(torch.from_numpy(g[0]))
        errors.append([image.errors[route] for route in runtime.routes])
        qualities.append([psnr(pixels.transpose(2, 0, 1), clean) for pixels in image.restored.values()])
        progress.advance()
    return UtilityCache(
        ids=[record.id for record in records],
        scenes=[record.scene_id for record in records],
        degradations=[record.degradation for record in records],
        routes=list(runtime.routes),
        g=torch.stack(descriptors),
        error=torch.tensor(errors, dtype=torch.float64),
        psnr=torch.tensor(qualities, dtype=torch.float64),
    )


def _describe(
    runtime: EagerRuntime, images: Images, records: Sequence[Record], progress: Progress
) -> Familiar:
    descriptors = []
    for record in records:
        descriptors.append(torch.from_numpy(runtime.describe(images.store.degraded(record))[0]))
        progress.advance()
    return Familiar(degradations=[record.degradation for record in records], g=torch.stack(descriptors))
