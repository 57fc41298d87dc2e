"""Every kind of expert keeps its contract on the other backbones too: untrained it is dense, bit for bit."""

from __future__ import annotations

import pytest
import torch

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.registry import BACKBONES, EXPERTS
from moei_toolkit.testing import check_expert

BUILT = {
    "dehazexl": {"width": 32, "depths": [1, 1, 1, 1], "mixer_blocks": 1, "region": 64},
    "timm_unet": {"encoder": "resnet10t", "blocks": 1},
}
WORN = {
    "adapter": {"top_blocks": 2},
    "lora": {},
    "full": {"top_blocks": 2},
    "mixture": {
        "experts": [{"type": "adapter", "top_blocks": 1, "gate": True}, {"type": "lora", "top_blocks": 2}]
    },
}


@pytest.fixture(scope="module", params=BUILT)
def backbone(request: pytest.FixtureRequest) -> Backbone:
    torch.manual_seed(0)
    return BACKBONES.build({"type": request.param, "descriptor_dim": 16, **BUILT[request.param]})


@pytest.mark.parametrize("name", WORN)
def test_an_expert(backbone: Backbone, name: str):
    check_expert(
        lambda wearer: EXPERTS.build({"type": name, **WORN[name]}, backbone=wearer),
        backbone,
        budget=None,
        sizes=[(17, 31)],
    )
