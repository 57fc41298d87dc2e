"""The training step: each crop is judged by the loss of its own weather, and nothing is updated with NaN."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_training import Patches, make_backbone
from torch import Tensor, nn
from torch.utils.data import default_collate

from moei_toolkit.engine.model import AuxiliaryHead, RestorationModel
from moei_toolkit.engine.optim_wrapper import wrap_optimizer
from moei_toolkit.errors import TrainingError
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.dense import Dense
from moei_toolkit.losses.base import Loss
from moei_toolkit.testing.modules import shake


class Constant(Loss):
    """Costs the same whatever the images are."""

    def __init__(self, cost: float) -> None:
        super().__init__()
        self.cost = cost
        self.terms = {"constant": cost}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        return self.cost + 0 * restored.mean((1, 2, 3))


class Distance(Loss):
    def __init__(self) -> None:
        super().__init__()
        self.terms = {"l1": 1.0}

    def forward(self, restored: Tensor, clean: Tensor, degraded: Tensor) -> Tensor:
        return (restored - clean).abs().mean((1, 2, 3))


@pytest.fixture
def batch() -> dict[str, Tensor]:
    """Three images of two crops each, of the tasks 0, 1 and 0."""
    return default_collate([Patches()[index] for index in range(3)])


def dense_model(*losses: Loss, weight: float = 1e-3) -> RestorationModel:
    backbone = shake(make_backbone())
    return RestorationModel(backbone, Dense(), losses, AuxiliaryHead(16, 2), weight)


def test_each_image_is_judged_by_the_loss_of_its_task(batch):
    terms = dense_model(Constant(1.0), Constant(10.0))(**batch)
    assert terms["loss"].item() == pytest.approx((1 + 10 + 1) / 3)


def test_the_loss_is_the_mean_over_crops(batch):
    model = dense_model(Distance(), Distance()).eval()
    restored = model(**batch, mode="tensor")
    assert restored.shape == (6, 3, 8, 8)
    expected = (restored - batch["clean"].flatten(0, 1)).abs().mean()
    torch.testing.assert_close(model(**batch)["loss"], expected)


def test_crops_are_restored_under_the_descriptor_of_their_own_image(batch):
    model = dense_model(Distance(), Distance()).eval()
    one = {name: value[1:2] for name, value in batch.items()}
    together = model(**batch, mode="tensor")
    torch.testing.assert_close(model(**one, mode="tensor"), together[2:4], atol=1e-5, rtol=0)
    other = {**one, "overview": batch["overview"][:1]}
    assert not torch.allclose(model(**other, mode="tensor"), together[2:4])


def test_the_auxiliary_loss_by_hand():
    head = AuxiliaryHead(4, 2)
    nn.init.zeros_(head.head.weight)
    with torch.no_grad():
        head.head.bias.copy_(torch.tensor([0.0, 0.0, 0.25]))
    value = head(torch.randn(2, 4), torch.tensor([0, 1]), torch.tensor([0.75, 0.25]))
    assert value.item() == pytest.approx(torch.log(torch.tensor(2.0)).item() + 0.5**2 / 2)


def test_the_auxiliary_loss_is_weighted_and_trains_the_descriptor_alone(batch):
    model = dense_model(Constant(1), Constant(1))
    heavy = copy.deepcopy(model)
    heavy.auxiliary_weight = 1.0
    terms, heavier = model(**batch), heavy(**batch)
    torch.testing.assert_close(terms["auxiliary_loss"] * 1000, heavier["auxiliary_loss"])
    heavier["auxiliary_loss"].backward()
    touched = [name for name, p in heavy.backbone.named_parameters() if p.grad is not None and p.grad.any()]
    assert touched
    assert all(name.startswith("descriptor") for name in touched)


def test_without_auxiliary_head_only_the_expert_learns(batch):
    backbone = shake(make_backbone())
    model = RestorationModel(backbone, Adapter(backbone, top_blocks=1), [Distance(), Distance()]).train()
    terms = model(**batch)
    assert terms.keys() == {"loss"}
    terms["loss"].backward()
    assert all(p.grad is None and not p.requires_grad for p in backbone.parameters())
    assert all(p.grad is not None for p in model.expert.parameters())
    assert model.expert.training
    assert not backbone.training


def test_nothing_is_updated_with_a_loss_that_is_not_finite(batch):
    model = dense_model(Distance(), Constant(float("inf")))
    before = [p.detach().clone() for p in model.parameters()]
    wrapper = wrap_optimizer(torch.optim.AdamW(model.parameters(), lr=0.1), "float32", 1.0, "cpu")
    with pytest.raises(TrainingError, match="loss is inf, expected a finite number"):
        model.train_step(batch, wrapper)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert not wrapper.optimizer.state


class Demanding(Dense):
    """Asks for a penalty of one tenth of its only weight for each site it ran at."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(5.0))
        self.runs = 0

    def run(self, site, block, x):
        self.runs += 1
        return super().run(site, block, x)

    def penalty(self):
        runs, self.runs = self.runs, 0
        return 0.1 * runs * self.weight


def test_the_penalty_of_an_expert_is_part_of_what_is_minimised(batch):
    backbone = shake(make_backbone())
    model = RestorationModel(backbone, Demanding(), [Distance(), Distance()]).train()
    plain = RestorationModel(backbone, Dense(), [Distance(), Distance()]).train()(**batch)
    terms = model(**batch)
    sites = len(backbone.sites())
    assert terms["penalty_loss"].item() == pytest.approx(0.1 * sites * 5.0)
    assert torch.equal(terms["loss"], plain["loss"])
    assert "penalty_loss" not in plain
    total, _ = model.parse_losses(model(**batch))
    total.backward()
    assert model.expert.weight.grad.item() == pytest.approx(0.1 * sites)
