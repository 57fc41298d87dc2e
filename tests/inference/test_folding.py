"""A folded expert gives what it gave, takes what dense takes, and is what runtimes run."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_run import PROTOCOL, make_backbone, make_expert
from torch import Tensor, nn

from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.experts.lora import LoRA
from moei_toolkit.inference.flops import FlopCount
from moei_toolkit.inference.folding import Folded, fold
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.testing.modules import shake, state_of
from moei_toolkit.types import DENSE


@pytest.fixture
def backbone():
    return make_backbone().eval()


@pytest.fixture
def runtime(backbone) -> EagerRuntime:
    experts = {"lora": shake(LoRA(backbone)), "adapter": make_expert(backbone, 1)}
    return EagerRuntime(backbone, experts, PROTOCOL)


def picture(height: int, width: int) -> Tensor:
    return torch.rand((2, 3, height, width), generator=torch.Generator().manual_seed(0))


@torch.no_grad()
@pytest.mark.parametrize("top_blocks", [1, 3])
def test_it_gives_what_it_gave_and_changes_nothing(backbone, top_blocks):
    lora, x = shake(LoRA(backbone, top_blocks=top_blocks)), picture(17, 31)
    before, own = state_of(backbone), state_of(lora)
    folded = fold(lora, backbone)
    assert (backbone(x, folded) - backbone(x, lora)).abs().max() <= 1e-5
    assert (backbone(x, folded) - backbone(x, Dense())).abs().max() > 1e-2
    for module, state in ((backbone, before), (lora, own)):
        assert all(torch.equal(state[name], value) for name, value in module.state_dict().items())


def test_an_untrained_one_stays_dense_bit_for_bit(backbone):
    x = picture(17, 31)
    with torch.no_grad():
        assert torch.equal(backbone(x, fold(LoRA(backbone), backbone)), backbone(x, Dense()))


def test_what_cannot_be_folded_stays_itself(backbone):
    for expert in (Dense(), Adapter(backbone, top_blocks=1)):
        assert fold(expert, backbone) is expert


def test_sites_that_are_not_folded_are_run_by_the_expert(backbone):
    class Half(Expert):
        def run(self, site: str, block: nn.Module, x: Tensor) -> Tensor:
            return block(x) + 1

        def merged(self, site: str, block: nn.Module) -> nn.Module | None:
            return nn.Identity() if site == "tail" else None

    folded, x, block = fold(Half(), backbone), torch.zeros(1, 4, 3, 3), backbone.block("level0_0")
    assert isinstance(folded, Folded)
    assert torch.equal(folded.run("tail", backbone.block("tail"), x), x)
    assert torch.equal(folded.run("level0_0", block, x), block(x) + 1)


def test_a_runtime_folds_what_it_runs_once(runtime, monkeypatch):
    folded = []
    merged = LoRA.merged
    monkeypatch.setattr(LoRA, "merged", lambda *given: folded.append(given[1]) or merged(*given))
    tiles, g = np.random.default_rng(0).random((1, 3, 32, 32), np.float32), np.zeros((1, 16), np.float32)
    for _ in range(2):
        runtime.restore_tiles(tiles, "lora", g)
    runtime.wearing({"spare": runtime.experts["adapter"]}).restore_tiles(tiles, "lora", g)
    assert folded == list(runtime.backbone.sites())
    monkeypatch.setattr(LoRA, "run", None)
    assert isinstance(runtime.network("lora").experts[0], Folded)
    runtime.restore_tiles(tiles, "lora", g)


def test_a_runtime_gives_what_the_expert_gives(runtime):
    tiles, g = np.random.default_rng(0).random((1, 3, 32, 32), np.float32), np.zeros((1, 16), np.float32)
    x = torch.from_numpy(tiles)
    with torch.no_grad():
        features = runtime.backbone.encode(x)
        expected = runtime.backbone.decode(features, x, runtime.experts["lora"], torch.from_numpy(g))
    np.testing.assert_allclose(runtime.restore_tiles(tiles, "lora", g), expected.numpy(), atol=1e-5)


def test_folded_it_takes_as_many_operations_as_dense(runtime):
    count = FlopCount(runtime)
    took = {name: count.tile_gflops(expert, 32, 32) for name, expert in runtime.experts.items()}
    assert took["lora"] == took[DENSE] < took["adapter"]
