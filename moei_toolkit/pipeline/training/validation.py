"""How good a network is while it is trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.config.schema import Config
from moei_toolkit.data.layouts.base import VAL
from moei_toolkit.data.records import Record
from moei_toolkit.engine.hooks import Scalars
from moei_toolkit.errors import DataError, TrainingError
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.images.pixels import to_float
from moei_toolkit.pipeline.images import Images
from moei_toolkit.types import CLEAN

_MEASURED = "measured"
_PROBES = 12


def validation(
    images: Images,
    config: Config,
    names: Sequence[str],
    crop_size: int,
    model: Callable[[], tuple[Backbone, Expert]],
) -> Callable[[], Scalars]:
    """Return a function that measures PSNR in dB on the val split as a user would see it.

    Args:
        images: The data.
        config: For the size of the overview.
        names: Degradations to measure; "psnr" is the mean over those that are not clean, if any.
        crop_size: Side of a probe: what training described images by.
        model: Returns the backbone and the expert to measure.

    Raises:
        TrainingError: When called, if what is restored is not finite: the training has diverged.
    """
    records = [record for record in images.of(VAL) if record.degradation in names]
    psnr = PSNR()
    protocol = Protocol(config.views.overview_size, crop_size, _PROBES)

    def measure() -> Scalars:
        backbone, expert = model()
        device = str(next(backbone.parameters()).device)
        runtime = EagerRuntime(backbone, {_MEASURED: expert}, protocol, device)
        found: dict[str, list[float]] = {}
        for record in records:
            pixels, clean = images.store.degraded(record), to_float(images.store.clean(record))
            restored = _restore(runtime, record, pixels)
            score = psnr(restored.transpose(2, 0, 1), clean)
            found.setdefault(record.degradation, []).append(score)
        means = {f"psnr_{name}": float(np.mean(scores)) for name, scores in found.items()}
        tasks = [value for name, value in means.items() if name != f"psnr_{CLEAN}"]
        return {"psnr": float(np.mean(tasks or list(means.values()))), **means}

    return measure


def _restore(runtime: EagerRuntime, record: Record, pixels: np.ndarray) -> np.ndarray:
    try:
        return runtime.restore(pixels, _MEASURED, runtime.describe(pixels))
    except DataError as error:  # the image was read before: its restoration is no image
        raise TrainingError(f"validation of {record.id}: {error}") from error
