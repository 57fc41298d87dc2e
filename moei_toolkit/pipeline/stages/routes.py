"""One image restored along every route, and how far each is from the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import Record
from moei_toolkit.inference.routed import RoutedBackbone
from moei_toolkit.io.images import to_float
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.pipeline.stages.images import Images, degradation_names
from moei_toolkit.pipeline.stages.training import build_losses
from moei_toolkit.types import INPUT


@dataclass(frozen=True)
class Routed:
    """All routes of one image.

    Attributes:
        record: Which image.
        g: Its descriptor, (1, d).
        degraded: (H, W, 3), float32 in [0, 1].
        clean: (H, W, 3), float32 in [0, 1].
        restored: Route -> (H, W, 3), float32 in [0, 1]; experts first, dense last.
        errors: Route -> eps_k; ``"input"`` holds the error of doing nothing.
    """

    record: Record
    g: Tensor
    degraded: np.ndarray
    clean: np.ndarray
    restored: Mapping[str, np.ndarray]
    errors: Mapping[str, float]


def utility_losses(config: Config) -> dict[str, Loss]:
    """Return the loss that judges each degradation: its own task's, or l1 for all."""
    override = L1Loss() if config.utilities.error == "l1" else None
    return dict(zip(degradation_names(config), build_losses(config, override), strict=True))


def restore_along_all(
    routed: RoutedBackbone, images: Images, record: Record, losses: Mapping[str, Loss]
) -> Routed:
    """Describe an image once, restore it along every route, and judge each by the image's own loss."""
    pixels = images.store.degraded(record)
    g = routed.describe(pixels)
    restored = routed.restore_routes(pixels, g)
    degraded, clean = (to_float(view).transpose(1, 2, 0) for view in (pixels, images.store.clean(record)))
    loss = losses[record.degradation]
    errors = {
        route: _error(loss, pixels, clean, degraded)
        for route, pixels in {**restored, INPUT: degraded}.items()
    }
    return Routed(record, g, degraded, clean, restored, errors)


@torch.inference_mode()
def _error(loss: Loss, restored: np.ndarray, clean: np.ndarray, degraded: np.ndarray) -> float:
    return float(loss(*(_batch(pixels) for pixels in (restored, clean, degraded))))


def _batch(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).unsqueeze(0)
