"""What the training stages share: their crops, their losses and their validation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.training import Training
from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.layouts.base import TRAIN, VAL
from moei_toolkit.engine.hooks import Scalars
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.images import to_float
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.image import RMSELoss
from moei_toolkit.pipeline.stages.images import Images, degradation_names
from moei_toolkit.registry import LOSSES
from moei_toolkit.types import CLEAN

_MEASURED = "measured"
_PROBES = 12


def build_losses(config: Config, override: Loss | None = None) -> list[Loss]:
    """Return one loss per degradation, in the order of :func:`degradation_names`; rmse for clean images."""
    if override is not None:
        return [override] * (len(config.tasks) + 1)
    return [*(LOSSES.build(task.loss.as_dict()) for task in config.tasks.values()), RMSELoss()]


def say_losses(config: Config, losses: Sequence[Loss], mix: Iterable[str], log: Reporter) -> None:
    """Tell a person what a training minimises on each degradation, so that a term that is off shows."""
    for name, loss in zip(degradation_names(config), losses, strict=True):
        if name in mix:
            log.info(f"  {name}: " + " + ".join(f"{weight:g} {term}" for term, weight in loss.terms.items()))


def crop_dataset(images: Images, config: Config, settings: Training, seed: int) -> CropDataset:
    """Return the training crops of the train split."""
    return CropDataset(
        images.store,
        images.of(TRAIN),
        settings.mix,
        settings.crop_size,
        settings.crops_per_image,
        config.views.overview_size,
        seed,
        degradation_names(config),
        severity_bias=settings.severity_bias,
        size_bias=settings.size_bias,
        rotate=settings.rotate,
    )


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
            restored = runtime.restore(pixels, _MEASURED, runtime.describe(pixels))
            score = psnr(restored.transpose(2, 0, 1), clean)
            found.setdefault(record.degradation, []).append(score)
        means = {f"psnr_{name}": float(np.mean(scores)) for name, scores in found.items()}
        tasks = [value for name, value in means.items() if name != f"psnr_{CLEAN}"]
        return {"psnr": float(np.mean(tasks or list(means.values()))), **means}

    return measure
