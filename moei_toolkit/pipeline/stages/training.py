"""What the training stages share: their crops, their losses and their validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections import Training
from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.pair_store import PairStore
from moei_toolkit.data.records import Record
from moei_toolkit.data.views import make_overview, to_planes
from moei_toolkit.engine.hooks import Scalars
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.pipeline.stages.images import Images, degradation_names
from moei_toolkit.registry import LOSSES
from moei_toolkit.types import CLEAN


def build_losses(config: Config, override: Loss | None = None) -> list[Loss]:
    """Return one loss per degradation, in the order of :func:`degradation_names`; l1 for clean images."""
    if override is not None:
        return [override] * (len(config.tasks) + 1)
    return [*(LOSSES.build(task.loss.as_dict()) for task in config.tasks.values()), L1Loss()]


def crop_dataset(images: Images, config: Config, settings: Training, seed: int) -> CropDataset:
    """Return the training crops of the train split."""
    return CropDataset(
        images.store,
        images.of("train"),
        settings.mix,
        settings.crop_size,
        settings.crops_per_image,
        config.views.overview_size,
        seed,
        degradation_names(config),
    )


def validation(
    images: Images, config: Config, names: Sequence[str], model: Callable[[], tuple[Backbone, Expert]]
) -> Callable[[], Scalars]:
    """Return a function that measures PSNR in dB on the val split, per degradation and on average.

    Each image is restored whole and is its own probe, as the training crops are.

    Args:
        images: The data.
        config: For the size of the overview.
        names: Degradations to measure.
        model: Returns the backbone and the expert to measure.
    """
    records = {name: [record for record in images.of("val") if record.degradation == name] for name in names}

    @torch.inference_mode()
    def measure() -> Scalars:
        backbone, expert = model()
        backbone.eval()
        expert.eval()
        scores = {name: _mean_psnr(backbone, expert, images.store, mine, config) for name, mine in records.items()}
        tasks = [score for name, score in scores.items() if name != CLEAN]
        return {"psnr": sum(tasks) / len(tasks), **{f"psnr_{name}": score for name, score in scores.items()}}

    return measure


def _mean_psnr(backbone: Backbone, expert: Expert, store: PairStore, records: list[Record], config: Config) -> float:
    device = next(backbone.parameters()).device
    scores = []
    for record in records:
        degraded = store.degraded(record)
        overview = torch.from_numpy(make_overview(degraded, config.views.overview_size)).unsqueeze(0).to(device)
        x = torch.from_numpy(to_planes(degraded)).unsqueeze(0).to(device)
        clean = torch.from_numpy(to_planes(store.clean(record))).unsqueeze(0).to(device)
        description = describe_views(backbone, overview, x.unsqueeze(1))
        scores.append(_psnr(backbone.decode(description.probe_features, x, expert, description.g), clean))
    return sum(scores) / len(scores)


def _psnr(restored: Tensor, clean: Tensor) -> float:
    error = (restored.clamp(0, 1) - clean).square().mean().clamp_min(1e-10)
    return float(-10 * torch.log10(error))
