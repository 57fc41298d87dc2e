"""The linear router is one matrix."""

from __future__ import annotations

import torch

from moei_toolkit.routers.linear import LinearRouter


def test_the_formula():
    router, g = LinearRouter(6, 3), torch.randn(4, 6)
    torch.testing.assert_close(router(g), g @ router.layer.weight.T + router.layer.bias)
    assert sum(parameter.numel() for parameter in router.parameters()) == 6 * 3 + 3
