"""Statistics, standardised by running values."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.backbones.standardize import Standardize


def test_standardised_values_have_mean_0_and_deviation_1():
    generator = torch.Generator().manual_seed(0)
    layer = Standardize(3, memory=1000).train()
    scale, shift = torch.tensor([0.1, 1.0, 20.0]), torch.tensor([5.0, 0.0, -3.0])
    batches = [torch.randn((8, 3), generator=generator) * scale + shift for _ in range(500)]
    for batch in batches:
        layer(batch)
    standard = layer.eval()(torch.cat(batches))
    torch.testing.assert_close(standard.mean(0), torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(standard.std(0), torch.ones(3), atol=1e-2, rtol=0)


def test_standardising_is_the_same_function_in_training_and_in_use():
    layer = Standardize(2).train()
    batch = torch.rand((4, 2), generator=torch.Generator().manual_seed(0))
    trained = layer(batch)
    assert torch.equal(layer.eval()(batch), trained)
    assert layer.seen == 1
    torch.testing.assert_close(layer.mean, batch.mean(0))


def test_before_training_standardising_changes_nothing():
    values = torch.rand((4, 2), generator=torch.Generator().manual_seed(0))
    assert torch.equal(Standardize(2).eval()(values), values)


def test_old_batches_are_forgotten():
    layer = Standardize(1, memory=10).train()
    for value in [100.0] * 50 + [1.0] * 200:
        layer(torch.full((2, 1), value))
    assert layer.mean.item() == pytest.approx(1, abs=1e-3)


def test_a_statistic_that_hardly_varies_is_standardised_as_in_float64():
    generator = torch.Generator().manual_seed(0)
    layer = Standardize(1, memory=1000).train()
    values = 50 + 0.01 * torch.randn((200, 8, 1), generator=generator)
    for batch in values:
        layer(batch)
    deviation = values.double().flatten().std(unbiased=False)
    assert layer.variance.sqrt().item() == pytest.approx(deviation.item(), rel=1e-3)
