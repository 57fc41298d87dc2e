"""Every component that comes with the toolkit keeps the contract of its kind; packages check their own."""

from __future__ import annotations

import json
from pathlib import Path

import lpips
import pytest
import torch
from layout_trees import OPTIONS, PUBLISHED, plant

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.io.json_lines import write_json_lines
from moei_toolkit.registration.builtin import COMPONENTS
from moei_toolkit.registration.plugin_table import KINDS
from moei_toolkit.registration.plugins import TOOLKIT
from moei_toolkit.registry import (
    ABSTENTIONS,
    BACKBONES,
    CALIBRATORS,
    DEGRADATIONS,
    EXPERTS,
    LAYOUTS,
    LOSSES,
    METRICS,
    ROUTERS,
    ComponentRegistry,
    registry_of,
)
from moei_toolkit.testing import (
    check_abstention,
    check_backbone,
    check_calibrator,
    check_degradation,
    check_expert,
    check_layout,
    check_loss,
    check_metric,
    check_router,
)
from moei_toolkit.testing.routers import IMAGES

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torchvision.models._utils")

NEEDS_WEIGHTS = "lpips"
SMALLEST_SIDE = {NEEDS_WEIGHTS: 17}
BACKBONE_OPTIONS = {
    "dehazexl": {"width": 32, "depths": [1, 1, 1, 1], "mixer_blocks": 1, "region": 64},  # of 125 million
}
EXPERT_OPTIONS = {"mixture": {"experts": [{"type": "adapter"}, {"type": "lora"}]}}
ABSTENTION_OPTIONS = {"conformal": {"level": 0.2, "bound": 6.0, "rule": {"type": "selective"}}}
BUDGETS = {"full": None}
CHANGES_CHOICES = {"vector", "platt", "isotonic", "histogram"}
LAYOUT_OPTIONS = {"embedded": {"scenes": {"train": 1, "val": 1}, "size": 64}}
DEGRADATION_OPTIONS = {
    "choice": {"parts": [{"type": "haze"}, {"type": "haze"}]},
    "mixed": {"parts": [{"type": "haze"}, {"type": "rain"}, {"type": "snow"}]},
}


def built_in(registry: ComponentRegistry) -> list[str]:
    """The names that the toolkit brings itself, whatever else is installed."""
    return [name for name in registry.names() if registry.provider(name) == TOOLKIT]


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
    checked = (
        *(BACKBONES, EXPERTS, ROUTERS, LOSSES, CALIBRATORS, ABSTENTIONS),
        *(DEGRADATIONS, LAYOUTS, METRICS),
    )
    assert {registry.name for registry in checked} == set(KINDS)
    assert {(kind, name) for kind in KINDS for name in built_in(registry_of(kind))} == {
        (kind, name) for kind, name, _ in COMPONENTS
    }


@pytest.mark.parametrize("name", built_in(BACKBONES))
def test_backbone(name: str):
    check_backbone(lambda: BACKBONES.build({"type": name, **BACKBONE_OPTIONS.get(name, {})}))


@pytest.mark.parametrize("name", built_in(EXPERTS))
def test_expert(name: str, backbone: Backbone):
    options = EXPERT_OPTIONS.get(name, {})
    check_expert(
        lambda wearer: EXPERTS.build({"type": name, **options}, backbone=wearer),
        backbone,
        BUDGETS.get(name, 0.03),
    )


@pytest.mark.parametrize("name", built_in(ROUTERS))
def test_router(name: str, tmp_path: Path):
    check_router(
        lambda descriptor_dim, experts: ROUTERS.build(
            {"type": name, **router_options(name, tmp_path)},
            descriptor_dim=descriptor_dim,
            experts=experts,
            names=[f"expert{number}" for number in range(experts)],
        )
    )


def router_options(name: str, folder: Path) -> dict[str, object]:
    """What a control or an external router must be told to know the images that routers are checked on."""
    answers, rows = folder / "answers.json", folder / "per_image.jsonl"
    answers.write_text(json.dumps({image: f"expert{int(image) % 2}" for image in IMAGES}))
    write_json_lines(
        rows,
        (
            {"id": image, "policy": f"expert.expert{expert}", "error": (1 + int(image) * expert) % 7 / 7}
            for image in IMAGES
            for expert in range(7)
        ),
    )
    options: dict[str, dict[str, object]] = {
        "fixed": {"expert": "expert1"},
        "external": {"file": str(answers)},
        "oracle": {"rows": str(rows)},
    }
    return options.get(name, {})


@pytest.mark.parametrize("name", built_in(CALIBRATORS))
def test_calibrator(name: str):
    check_calibrator(lambda: CALIBRATORS.build({"type": name}), name not in CHANGES_CHOICES)


@pytest.mark.parametrize("name", built_in(ABSTENTIONS))
def test_abstention(name: str):
    options = ABSTENTION_OPTIONS.get(name, {})
    check_abstention(lambda: ABSTENTIONS.build({"type": name, **options}))


@pytest.mark.parametrize("name", built_in(LOSSES))
def test_loss(name: str, features: str):
    options = {"weights": features} if name == NEEDS_WEIGHTS else {}
    check_loss(lambda: LOSSES.build({"type": name, **options}), SMALLEST_SIDE.get(name, 1))


def test_snow_loss_with_its_perceptual_term(features: str):
    check_loss(lambda: LOSSES.build({"type": "snow", "lpips_weights": features}), SMALLEST_SIDE["lpips"])


@pytest.mark.parametrize("name", built_in(DEGRADATIONS))
def test_degradation(name: str):
    check_degradation(lambda: DEGRADATIONS.build({"type": name, **DEGRADATION_OPTIONS.get(name, {})}))


@pytest.mark.parametrize("name", built_in(LAYOUTS))
def test_layout(name: str, tmp_path: Path):
    options = {**LAYOUT_OPTIONS, **OPTIONS}.get(name, {})
    if name in PUBLISHED:
        options = {**options, "root": str(plant(tmp_path, *PUBLISHED[name]))}
    check_layout(lambda: LAYOUTS.build({"type": name, **options}))


@pytest.mark.parametrize("name", built_in(METRICS))
def test_metric(name: str, features: str):
    options = {"weights": features} if name == NEEDS_WEIGHTS else {}
    check_metric(lambda: METRICS.build({"type": name, **options}), SMALLEST_SIDE.get(name, 1))
