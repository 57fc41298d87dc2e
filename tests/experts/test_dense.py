"""Dense is the backbone itself."""

from __future__ import annotations

import torch
from torch import nn

from moei_toolkit.experts.dense import Dense


def test_it_runs_the_block_and_has_nothing_of_its_own():
    block, x = nn.Conv2d(2, 3, 3), torch.rand(1, 2, 5, 5)
    assert torch.equal(Dense().run("anywhere", block, x), block(x))
    assert not list(Dense().parameters())
    assert not Dense().state_dict()
