"""Built by name and trained by the engine, the penalty included."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.config.sections.training import Training
from moei_toolkit.engine.model import RestorationModel
from moei_toolkit.engine.train import Listener, average_of, train
from moei_toolkit.experts.base import Expert
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing.modules import shake, state_of


class Noise(Dataset[dict[str, Tensor]]):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        clean = torch.rand((2, 3, 16, 16), generator=torch.Generator().manual_seed(index))
        degraded = 0.5 * clean + 0.3
        names = {"overview": degraded[0], "degraded": degraded, "clean": clean}
        return {**names, "task": torch.tensor(0), "severity": torch.tensor(0.5)}


def make_model(weight: float = 0.01) -> RestorationModel:
    torch.manual_seed(0)
    backbone = shake(GlobalUNet(width=16, levels=1, blocks=1, descriptor_dim=16)).eval()
    cfg = {"type": "complexity_experts", "top_blocks": 1, "penalty_weight": weight}
    expert: Expert = EXPERTS.build(cfg, backbone=backbone)
    return RestorationModel(backbone, expert, [L1Loss()])


def run(model: RestorationModel, folder: Path) -> Expert:
    chosen = {"iterations": 2, "images_per_batch": 2, "crops_per_image": 2, "crop_size": 16, "warmup": 1}
    chosen |= {"learning_rate": 1e-2, "weight_decay": 0, "ema_decay": 0.9, "mix": {"rain": 1.0}}
    settings = Training.model_validate({**chosen, "checkpoint_every": 2, "validate_every": 2})
    average = average_of(model.expert, settings.ema_decay)
    listener = Listener(lambda *_: None, lambda *_: None, lambda *_: None)
    trained = {"expert": model.expert}
    train(
        model,
        trained,
        {"expert": average},
        Noise(),
        settings,
        folder,
        0,
        lambda: {"psnr": 0.0},
        listener,
    )
    return average.module


def test_two_steps_move_every_router_and_branch(tmp_path):
    model = make_model()
    before = state_of(model.expert)
    average = run(model, tmp_path)
    moved = {
        name for name, value in model.expert.state_dict().items() if not torch.equal(value, before[name])
    }
    assert {f"routers.{site}.judge.weight" for site in ("level1_0", "level0_0")} <= moved
    assert any(name.startswith("branches.level1_0") for name in moved)
    assert any(name.startswith("copies.tail") for name in moved)
    assert model.expert.penalty() is None
    assert all(bool(torch.isfinite(value).all()) for value in average.state_dict().values())


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_the_engine_adds_the_penalty(weight):
    model = make_model(weight).train()
    terms = model(**torch.utils.data.default_collate([Noise()[0], Noise()[1]]))
    assert terms.keys() == {"loss", "penalty_loss"}
    assert (float(terms["penalty_loss"].detach()) > 0) == (weight > 0)
