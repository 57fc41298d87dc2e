"""The default router is one hidden layer, and draws nothing at random when it decides."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from moei_toolkit.routers.mlp import MLPRouter


def test_the_formula():
    torch.manual_seed(0)
    router = MLPRouter(6, 3, hidden=5).eval()
    first, second = (layer for layer in router.layers if isinstance(layer, torch.nn.Linear))
    assert (first.in_features, first.out_features) == (6, 5)
    assert (second.in_features, second.out_features) == (5, 3)
    g = torch.randn(4, 6)
    torch.testing.assert_close(router(g), second(F.gelu(first(g))))


def test_the_default_is_1024_512_k():
    shapes = [tuple(p.shape) for p in MLPRouter(1024, 3).parameters()]
    assert shapes == [(512, 1024), (512,), (3, 512), (3,)]


def test_dropout_is_on_while_training_only():
    torch.manual_seed(0)
    router, g = MLPRouter(32, 3, dropout=0.5), torch.randn(4, 32)
    assert not torch.equal(router.train()(g), router(g))
    assert torch.equal(router.eval()(g), router(g))
    still = MLPRouter(32, 3, dropout=0.0).train()
    assert torch.equal(still(g), still(g))


def test_it_can_learn_a_rule():
    torch.manual_seed(0)
    router, g = MLPRouter(8, 3, hidden=32, dropout=0.0), torch.randn(300, 8)
    targets = g[:, :3].argmax(1)
    optimizer = torch.optim.AdamW(router.parameters(), lr=1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        F.cross_entropy(router(g), targets).backward()
        optimizer.step()
    assert (router(g).argmax(1) == targets).float().mean() > 0.95


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hidden": 0}, "hidden must be 1 or more, got 0"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\), got 1.0"),
        ({"dropout": float("nan")}, r"dropout must lie in \[0, 1\), got nan"),
    ],
)
def test_a_router_that_cannot_learn_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        MLPRouter(8, 3, **options)
