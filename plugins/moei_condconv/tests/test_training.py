"""Built by name and trained by the engine."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import Dataset

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.config.sections.training import Training
from moei_toolkit.engine.model import RestorationModel
from moei_toolkit.engine.train import Listener, average_of, train
from moei_toolkit.losses.image import L1Loss
from moei_toolkit.registry import EXPERTS
from moei_toolkit.testing.modules import shake, state_of


class Noise(Dataset[dict[str, Tensor]]):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        clean = torch.rand((2, 3, 16, 16), generator=torch.Generator().manual_seed(index))
        degraded = 0.5 * clean + 0.3
        images = {"overview": degraded[0], "degraded": degraded, "clean": clean}
        return {**images, "task": torch.tensor(0), "severity": torch.tensor(0.5)}


def test_two_steps_move_all_of_it_and_nothing_else(tmp_path):
    torch.manual_seed(0)
    backbone = shake(GlobalUNet(width=16, levels=1, blocks=1, descriptor_dim=16)).eval()
    expert = EXPERTS.build({"type": "condconv", "top_blocks": 1}, backbone=backbone)
    dense, fresh, average = state_of(backbone), state_of(expert), average_of(expert, 0.9)
    chosen = {"iterations": 2, "images_per_batch": 2, "crops_per_image": 2, "crop_size": 16, "warmup": 1}
    chosen |= {"learning_rate": 1e-2, "weight_decay": 0, "ema_decay": 0.9, "mix": {"rain": 1.0}}
    train(
        RestorationModel(backbone, expert, [L1Loss()]),
        {"expert": expert},
        {"expert": average},
        Noise(),
        Training.model_validate({**chosen, "checkpoint_every": 2, "validate_every": 2}),
        tmp_path,
        0,
        lambda: {"psnr": 0.0},
        Listener(lambda *_: None, lambda *_: None, lambda *_: None),
    )
    assert all(torch.equal(value, dense[name]) for name, value in backbone.state_dict().items())
    trained = expert.state_dict()
    still = {name for name, value in trained.items() if torch.equal(value, fresh[name])}
    assert not still, still
    assert all(bool(torch.isfinite(value).all()) for value in average.module.state_dict().values())
