"""What validation measures, and what it says where there is nothing to measure."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from fake_pipeline import make_config
from tiny_training import Listener, Patches, average_of, ignore, make_backbone, settings, train

from moei_toolkit.engine.model import AuxiliaryHead, RestorationModel
from moei_toolkit.errors import TrainingError
from moei_toolkit.experts.dense import Dense
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.pipeline.training.validation import validation


class OneImage:
    """A val split of one image."""

    def __init__(self) -> None:
        pixels = np.random.default_rng(0).integers(0, 255, (24, 16, 3), np.uint8)
        self.store = SimpleNamespace(degraded=lambda record: pixels, clean=lambda record: pixels)

    def of(self, split: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="first", degradation="dust")]


def test_a_training_that_diverges_is_told_as_that_also_where_validation_sees_it_first(tmp_path):
    backbone = make_backbone()
    average = average_of(backbone, 0.9)
    measure = validation(OneImage(), make_config(tmp_path), ["dust"], 8, lambda: (average.module, Dense()))
    assert measure().keys() == {"psnr", "psnr_dust"}
    with pytest.raises(
        TrainingError, match=r"iteration 1: validation of first: .* NaN .*Lower learning_rate"
    ):
        train(
            RestorationModel(backbone, Dense(), [L1Loss()] * 2, AuxiliaryHead(backbone.descriptor_dim, 2)),
            {"backbone": backbone},
            {"backbone": average},
            Patches(),
            settings(learning_rate=1e30, warmup=0, validate_every=1),
            tmp_path,
            3,
            measure,
            Listener(ignore, ignore, ignore),
        )
    assert all(bool(torch.isfinite(value).all()) for value in average.module.state_dict().values())
