"""Training samples: random crops of degraded images, with their clean counterparts and an overview."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from moei_toolkit.data.record_mix import RecordMix
from moei_toolkit.data.records import Record
from moei_toolkit.data.storage.pixel_store import PixelStore


class CropDataset(Dataset[dict[str, Tensor]]):
    """Draws samples by index: the same index gives the same sample, whenever and wherever it is asked for.

    Args:
        store: Pixels.
        records: Images to draw from.
        mix: Share of every degradation, "clean" included; need not sum to 1.
        crop_size: Side of a crop.
        crops_per_image: Crops per sample, all of one image.
        overview_size: Side of the overview.
        seed: Of everything random.
        tasks: Names in the order of the task index; the names of ``mix`` when None.
        length: Number of samples; indices beyond it work too.
        severity_bias: See :class:`RecordMix`.
        size_bias: See :class:`RecordMix`.
        rotate: Turn crops by random quarters, which suits pictures taken from above.

    Raises:
        DataError: When a degradation of the mix has no records or is not among the tasks.
    """

    def __init__(
        self,
        store: PixelStore,
        records: Sequence[Record],
        mix: Mapping[str, float],
        crop_size: int,
        crops_per_image: int,
        overview_size: int,
        seed: int,
        tasks: Sequence[str] | None = None,
        length: int = 1 << 30,
        severity_bias: float = 0.0,
        size_bias: float = 0.0,
        rotate: bool = False,
    ) -> None:
        self.store = store
        self.crop_size = crop_size
        self.crops_per_image = crops_per_image
        self.overview_size = overview_size
        self.seed = seed
        self.length = length
        self.tasks = tuple(mix if tasks is None else tasks)
        self._mix = RecordMix(records, mix, self.tasks, severity_bias, size_bias)
        self._augment = _augmentation(crop_size, rotate)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return one sample.

        Returns:
            overview (3, S, S), degraded (C, 3, s, s) and clean (C, 3, s, s) float32 RGB in [0, 1],
            task () int64, severity () float32.

        Raises:
            DataError: When an image is missing or damaged.
        """
        rng = np.random.default_rng([self.seed, index])
        record = self._mix.draw(rng)
        degraded, clean = self.store.pair(record)
        crops = self._crops(degraded.pixels, clean.pixels, rng)
        return {
            "overview": torch.from_numpy(degraded.overview(self.overview_size)),
            "degraded": _as_batch([crop["image"] for crop in crops]),
            "clean": _as_batch([crop["clean"] for crop in crops]),
            "task": torch.tensor(self.tasks.index(record.degradation)),
            "severity": torch.tensor(record.severity, dtype=torch.float32),
        }

    def _crops(
        self, degraded: np.ndarray, clean: np.ndarray, rng: np.random.Generator
    ) -> list[dict[str, np.ndarray]]:
        self._augment.set_random_seed(int(rng.integers(1 << 31)))
        degraded, clean = _fill(degraded, self.crop_size), _fill(clean, self.crop_size)
        return [self._augment(image=degraded, clean=clean) for _ in range(self.crops_per_image)]


def _augmentation(crop_size: int, rotate: bool) -> Any:
    # The library asks a server for its newest version at import unless told not to.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    import albumentations

    # Rain falls and haze thickens towards the horizon: upright is part of the task, unless seen from above.
    turns = [albumentations.RandomRotate90(p=1)] if rotate else []
    return albumentations.Compose(
        [albumentations.RandomCrop(crop_size, crop_size), albumentations.HorizontalFlip(p=0.5), *turns],
        additional_targets={"clean": "image"},
    )


def _fill(image: np.ndarray, size: int) -> np.ndarray:
    """Continue an image smaller than a crop by reflection."""
    height, width = image.shape[:2]
    if min(height, width) >= size:
        return image
    import mmcv

    filled: np.ndarray = mmcv.impad(
        image, shape=(max(height, size), max(width, size)), padding_mode="symmetric"
    )
    return filled


def _as_batch(crops: Sequence[np.ndarray]) -> Tensor:
    """Return (H, W, 3) uint8 crops as (C, 3, H, W) float32 in [0, 1], without a copy in between."""
    height, width = crops[0].shape[:2]
    batch = np.empty((len(crops), 3, height, width), np.float32)
    for planes, crop in zip(batch, crops, strict=True):
        planes[:] = crop.transpose(2, 0, 1)
    batch /= np.float32(255.0)
    return torch.from_numpy(batch)
