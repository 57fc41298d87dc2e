"""Restores images along routes and measures what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.machine.devices import default_device
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.images.pixels import to_float
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.losses.base import Loss
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.measuring.measurement import Along, Measured
from moei_toolkit.pipeline.measuring.routes import error_of, restore_along_all, utility_losses
from moei_toolkit.types import INPUT


class Measuring:
    """Measures images along the routes of a runtime.

    Attributes:
        runtime: Backbone, experts and rivals.

    Args:
        runtime: Backbone, experts and rivals.
        losses: By degradation, what eps_k is measured with.
        metrics: What restored images are measured with.
    """

    def __init__(self, runtime: EagerRuntime, losses: Mapping[str, Loss], metrics: Sequence[Metric]) -> None:
        self.runtime = runtime
        self._losses = losses
        self._metrics = metrics
        self._flops = FlopCount(runtime)
        self._gflops: dict[tuple[str, int, int], float] = {}

    def along_all(self, images: Images, record: Record) -> Measured:
        """Describe an image and restore it along every route; the trunk runs once for all of them."""
        g = self.runtime.describe(images.store.degraded(record))
        image = restore_along_all(self.runtime, images, record, g, self._losses)
        untouched = Along(
            self._measure(image.degraded, image.clean),
            error_of(self._losses[record.degradation], image.degraded, image.clean, image.degraded),
            gflops=0.0,
        )
        size = image.clean.shape[:2]
        restored = {
            route: Along(
                self._measure(pixels, image.clean),
                image.errors[route],
                self._count(route, self.runtime.experts[route], size),
            )
            for route, pixels in image.restored.items()
        }
        return Measured(
            id=record.id,
            dataset=record.dataset,
            scene_id=record.scene_id,
            degradation=record.degradation,
            severity=record.severity,
            routes={INPUT: untouched, **restored},
            g=torch.from_numpy(g),
        )

    def along(self, images: Images, record: Record, g: np.ndarray, name: str, expert: Expert) -> Along:
        """Restore an image described by ``g`` (1, d) wearing one more expert, known as ``name``."""
        degraded, clean = (
            to_float(pixels).transpose(1, 2, 0)
            for pixels in (images.store.degraded(record), images.store.clean(record))
        )
        wearing = self.runtime.wearing({name: expert})
        restored = wearing.restore(images.store.degraded(record), name, g)
        return Along(
            self._measure(restored, clean),
            error_of(self._losses[record.degradation], restored, clean, degraded),
            self._count(name, wearing.experts[name], clean.shape[:2]),
        )

    def _measure(self, restored: np.ndarray, clean: np.ndarray) -> dict[str, float]:
        planes = restored.transpose(2, 0, 1), clean.transpose(2, 0, 1)
        return {metric.name: metric(*planes) for metric in self._metrics}

    def _count(self, route: str, expert: Expert, size: tuple[int, ...]) -> float:
        height, width = size
        key = route, height, width
        if key not in self._gflops:
            self._gflops[key] = self._flops.gflops(route, expert, height, width)
        return self._gflops[key]


def make_measuring(config: Config, folders: Mapping[str, Path], metrics: Sequence[Metric]) -> Measuring:
    """Load all experts and rivals of a run, to be measured along.

    Args:
        config: Of the run.
        folders: Committed folders of its stages, by name.
        metrics: See `build_metrics`.

    Raises:
        MoeiError: A result of the run cannot be used.
    """
    parts = RunParts(config, folders)
    runtime = parts.runtime(default_device())
    runtime = runtime.wearing(parts.rivals(runtime.backbone))
    return Measuring(runtime, utility_losses(config), metrics)


def measure_images(
    measuring: Measuring, images: Images, records: Sequence[Record], log: Reporter
) -> list[Measured]:
    """Measure images along every route."""
    measured = []
    with log.progress(len(records), "measure") as progress:
        for record in records:
            measured.append(measuring.along_all(images, record))
            progress.advance()
    return measured


def records_of(images: Images, split: str, data: Path) -> list[Record]:
    """Return the records of a split of the data in a folder.

    Raises:
        DataError: If there are none.
    """
    records = images.of(split)
    if not records:
        splits = sorted({record.split for record in images.records})
        raise DataError(
            f"{data}: expected images in split {split!r}, got none; there is "
            f"{', '.join(splits) or 'nothing'}. "
            "When a run prepares the data, data.draws.test says how many test images it makes."
        )
    return records
