"""The crops that networks are trained on."""

from __future__ import annotations

from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.training import Training
from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.layouts.base import TRAIN
from moei_toolkit.pipeline.images import Images, degradation_names


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
