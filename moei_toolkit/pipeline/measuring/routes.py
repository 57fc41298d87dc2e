"""One image restored along every route, and how far each is from the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import Record
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.images.pixels import to_float
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.pipeline.images import Images, degradation_names
from moei_toolkit.pipeline.training.losses import build_losses


@dataclass(frozen=True)
class Routed:
    """All routes of one image.

    Attributes:
        record: Which image.
        degraded: (H, W, 3), float32 in [0, 1].
        clean: (H, W, 3), float32 in [0, 1].
        restored: Route -> (H, W, 3), float32 in [0, 1]; experts first, dense last.
        errors: Route -> eps_k.
    """

    record: Record
    degraded: np.ndarray
    clean: np.ndarray
    restored: Mapping[str, np.ndarray]
    errors: Mapping[str, float]


def utility_losses(config: Config) -> Mapping[str, Loss]:
    """Return the loss that judges each degradation: its own task's, or l1 for all.

    A degradation that is no task, such as mixed weather, is judged by l1 too.
    """
    override = L1Loss() if config.utilities.error == "l1" else None
    return defaultdict(L1Loss, zip(degradation_names(config), build_losses(config, override), strict=True))


def restore_along_all(
    runtime: EagerRuntime, images: Images, record: Record, g: np.ndarray, losses: Mapping[str, Loss]
) -> Routed:
    """Restore an image described by ``g`` along every route, and judge each by the image's own loss."""
    pixels = images.store.degraded(record)
    restored = runtime.restore_routes(pixels, g)
    degraded, clean = (to_float(view).transpose(1, 2, 0) for view in (pixels, images.store.clean(record)))
    loss = losses[record.degradation]
    errors = {route: error_of(loss, pixels, clean, degraded) for route, pixels in restored.items()}
    return Routed(record, degraded, clean, restored, errors)


@torch.inference_mode()
def error_of(loss: Loss, restored: np.ndarray, clean: np.ndarray, degraded: np.ndarray) -> float:
    """Return eps of one restored image; all are (H, W, 3), float32 in [0, 1]."""
    return float(loss(*(_batch(pixels) for pixels in (restored, clean, degraded))))


def _batch(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).unsqueeze(0)
