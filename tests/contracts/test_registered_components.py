"""Every registered component, built-in or of an installed plugin, keeps the contract of its kind."""

from __future__ import annotations

from pathlib import Path

import lpips
import pytest
import torch

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.plugins import KINDS
from moei_toolkit.registry import (
    BACKBONES,
    CALIBRATORS,
    DEGRADATIONS,
    EXPERTS,
    LAYOUTS,
    LOSSES,
    METRICS,
    ROUTERS,
    registry_of,
)
from moei_toolkit.testing import (
    check_backbone,
    check_calibrator,
    check_degradation,
    check_expert,
    check_layout,
    check_loss,
    check_metric,
    check_router,
)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")

NEEDS_WEIGHTS = "lpips"
SMALLEST_SIDE = {NEEDS_WEIGHTS: 17}
BUDGETS = {"full": None}
LAYOUT_OPTIONS = {"embedded": {"scenes": {"train": 1, "val": 1}, "size": 64}}


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    """The default backbone in its default size: budgets are fractions of it."""
    built: Backbone = BACKBONES.build({"type": "global_unet"})
    return built


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Random features in the form of torchvision's: contracts hold whatever the weights are."""
    path: Path = tmp_path_factory.mktemp("features") / "squeeze.pth"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = lpips.LPIPS(net="squeeze", pnet_rand=True, verbose=False)
    torch.save({key.split(".", 1)[1]: value for key, value in network.net.state_dict().items()}, path)
    return str(path)


def test_no_kind_is_forgotten():
    checked = (BACKBONES, EXPERTS, ROUTERS, LOSSES, CALIBRATORS, DEGRADATIONS, LAYOUTS, METRICS)
    assert {registry.name for registry in checked} == set(KINDS)
    assert all(len(registry_of(kind)) for kind in KINDS)


@pytest.mark.parametrize("name", BACKBONES.names())
def test_backbone(name: str):
    check_backbone(lambda: BACKBONES.build({"type": name}))


@pytest.mark.parametrize("name", EXPERTS.names())
def test_expert(name: str, backbone: Backbone):
    budget = BUDGETS.get(name, 0.03)
    check_expert(lambda wearer: EXPERTS.build({"type": name}, backbone=wearer), backbone, budget)


@pytest.mark.parametrize("name", ROUTERS.names())
def test_router(name: str):
    check_router(
        lambda descriptor_dim, experts: ROUTERS.build(
            {"type": name}, descriptor_dim=descriptor_dim, experts=experts
        )
    )


@pytest.mark.parametrize("name", CALIBRATORS.names())
def test_calibrator(name: str):
    check_calibrator(lambda: CALIBRATORS.build({"type": name}))


@pytest.mark.parametrize("name", LOSSES.names())
def test_loss(name: str, features: str):
    options = {"weights": features} if name == NEEDS_WEIGHTS else {}
    check_loss(lambda: LOSSES.build({"type": name, **options}), SMALLEST_SIDE.get(name, 1))


def test_snow_loss_with_its_perceptual_term(features: str):
    check_loss(lambda: LOSSES.build({"type": "snow", "lpips_weights": features}), SMALLEST_SIDE["lpips"])


@pytest.mark.parametrize("name", DEGRADATIONS.names())
def test_degradation(name: str):
    check_degradation(lambda: DEGRADATIONS.build({"type": name}))


@pytest.mark.parametrize("name", LAYOUTS.names())
def test_layout(name: str):
    check_layout(lambda: LAYOUTS.build({"type": name, **LAYOUT_OPTIONS.get(name, {})}))


@pytest.mark.parametrize("name", METRICS.names())
def test_metric(name: str, features: str):
    options = {"weights": features} if name == NEEDS_WEIGHTS else {}
    check_metric(lambda: METRICS.build({"type": name, **options}), SMALLEST_SIDE.get(name, 1))
