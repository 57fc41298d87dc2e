"""Training samples: random crops of degraded images, with their clean counterparts and an overview."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from moei_toolkit.data.pair_store import PairStore
from moei_toolkit.data.records import Record
from moei_toolkit.data.views import make_overview, to_planes
from moei_toolkit.errors import DataError, did_you_mean


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

    Raises:
        DataError: When a degradation of the mix has no records or is not among the tasks.
    """

    def __init__(
        self,
        store: PairStore,
        records: Sequence[Record],
        mix: Mapping[str, float],
        crop_size: int,
        crops_per_image: int,
        overview_size: int,
        seed: int,
        tasks: Sequence[str] | None = None,
        length: int = 1 << 30,
    ) -> None:
        self.store = store
        self.crop_size = crop_size
        self.crops_per_image = crops_per_image
        self.overview_size = overview_size
        self.seed = seed
        self.length = length
        self.tasks = tuple(mix if tasks is None else tasks)
        # In the order of the tasks, so that a mix written in another order draws the same samples.
        order = {name: position for position, name in enumerate(self.tasks)}
        drawn = (name for name, share in mix.items() if share > 0)
        self._names = sorted(drawn, key=lambda name: order.get(name, len(order)))
        self._shares = _normalise(mix, self._names)
        self._groups = {name: _of(records, name, self.tasks) for name in self._names}
        self._augment = _augmentation(crop_size)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return one sample.

        Returns:
            overview (3, S, S), degraded (C, 3, s, s) and clean (C, 3, s, s) float32 RGB in [0, 1],
            task () int64, severity () float32.
        """
        rng = np.random.default_rng([self.seed, index])
        name = self._names[int(rng.choice(len(self._names), p=self._shares))]
        group = self._groups[name]
        record = group[int(rng.integers(len(group)))]
        degraded, clean = self.store.degraded(record), self.store.clean(record)
        crops = self._crops(degraded, clean, rng)
        return {
            "overview": torch.from_numpy(make_overview(degraded, self.overview_size)),
            "degraded": torch.from_numpy(np.stack([to_planes(pair[0]) for pair in crops])),
            "clean": torch.from_numpy(np.stack([to_planes(pair[1]) for pair in crops])),
            "task": torch.tensor(self.tasks.index(name)),
            "severity": torch.tensor(record.severity, dtype=torch.float32),
        }

    def _crops(
        self, degraded: np.ndarray, clean: np.ndarray, rng: np.random.Generator
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        self._augment.set_random_seed(int(rng.integers(1 << 31)))
        degraded, clean = _fill(degraded, self.crop_size), _fill(clean, self.crop_size)
        drawn = [self._augment(image=degraded, clean=clean) for _ in range(self.crops_per_image)]
        return [(crop["image"], crop["clean"]) for crop in drawn]


def _normalise(mix: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    shares = np.array([mix[name] for name in names], np.float64)
    if not len(names) or any(share < 0 for share in mix.values()):
        raise DataError(f"mix: expected shares >= 0 with at least one above 0, got {dict(mix)}.")
    return shares / shares.sum()


def _of(records: Sequence[Record], name: str, tasks: Sequence[str]) -> list[Record]:
    if name not in tasks:
        raise DataError(f"mix: {name!r} is not among the tasks. {did_you_mean(name, tasks)}")
    group = [record for record in records if record.degradation == name]
    if not group:
        known = {record.degradation for record in records}
        raise DataError(f"mix: there are no records of {name!r}. {did_you_mean(name, known)}")
    return group


def _augmentation(crop_size: int) -> Any:
    # The library asks a server for its newest version at import unless told not to.
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
    import albumentations

    # Rain falls and haze thickens towards the horizon: upright is part of the task, so no other turns.
    return albumentations.Compose(
        [albumentations.RandomCrop(crop_size, crop_size), albumentations.HorizontalFlip(p=0.5)],
        additional_targets={"clean": "image"},
    )


def _fill(image: np.ndarray, size: int) -> np.ndarray:
    """Continue an image smaller than a crop by reflection."""
    below, beside = max(size - image.shape[0], 0), max(size - image.shape[1], 0)
    if not (below or beside):
        return image
    return cv2.copyMakeBorder(image, 0, below, 0, beside, cv2.BORDER_REFLECT)
