"""Every kind of expert is trained by its stage, loaded again, and has a row in the table of costs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.bench.counts import count_costs
from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.config.schema import Config
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.loading.building import build_backbone
from moei_toolkit.inference.loading.run import BACKBONE_FILE, RunParts
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.io.weights import save_weights
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.pipeline.stages import data, experts
from moei_toolkit.registry import EXPERTS
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.testing.modules import shake
from moei_toolkit.types import DENSE

SMOKE = Path(__file__).parents[2] / "configs" / "smoke.py"
TRAINED = [name for name in EXPERTS.names() if name != DENSE]
OPTIONS = {"mixture": {"experts": [{"type": "adapter"}, {"type": "lora"}]}}


def make_config() -> Config:
    """The smoke test with one expert of each kind, and even less of everything."""
    raw = read_python_file(SMOKE)
    rain = raw["experts"]["rain"]
    rain["training"] = {**rain["training"], "iterations": 2, "crop_size": 32, "validate_every": 2}
    scenes = {"train": 2, "route": 1, "calibrate": 2, "val": 1}
    raw["data"]["layout"] = {"type": "embedded", "scenes": scenes, "size": 64, "longest_side": 64}
    raw["experts"] = {
        name: {**rain, "expert": {"type": name, **OPTIONS.get(name, {})}, "task": "rain"} for name in TRAINED
    }
    raw["backbone"] = {"type": "global_unet", "width": 8}
    return validate_config(raw, "test")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the stages before the experts leave, and empty folders for what experts do."""
    base, config = tmp_path_factory.mktemp("stages"), make_config()
    made = {name: base / name for name in ("data", "dense", *(f"experts.{name}" for name in TRAINED))}
    for folder in made.values():
        folder.mkdir()
    data.run(StageContext(made["data"], {}, config, 0, SilentReporter()))
    torch.manual_seed(0)
    save_weights(made["dense"] / BACKBONE_FILE, shake(build_backbone(config)).state_dict(), {})
    return made


@pytest.fixture(scope="module")
def trained(folders: dict[str, Path]) -> dict[str, Path]:
    config = make_config()
    for name in TRAINED:
        stage = f"experts.{name}"
        inputs = {name: folders[name] for name in ("data", "dense")}
        experts.run(StageContext(folders[stage], inputs, config, 0, SilentReporter()), stage)
    return folders


@torch.no_grad()
def restored(backbone: Backbone, expert: torch.nn.Module) -> torch.Tensor:
    return backbone(torch.rand((1, 3, 24, 40), generator=torch.Generator().manual_seed(0)), expert)


@pytest.mark.parametrize("name", TRAINED)
def test_it_learns_something(trained: dict[str, Path], name: str):
    runtime = RunParts(make_config(), trained).runtime()
    fresh = EXPERTS.build(make_config().experts[name].expert.as_dict(), backbone=runtime.backbone).eval()
    dense = restored(runtime.backbone, Dense())
    assert torch.equal(restored(runtime.backbone, fresh), dense)
    assert not torch.equal(restored(runtime.backbone, runtime.experts[name]), dense)


def test_every_kind_has_its_costs(trained: dict[str, Path]):
    runtime = RunParts(make_config(), trained).runtime()
    counts = count_costs(runtime, MLPRouter(1024, len(TRAINED)), Size(200, 150))
    routes = {route.route: route for route in counts.routes}
    assert list(routes) == [*TRAINED, DENSE]
    assert all(routes[name].parameters > 0 for name in TRAINED)
    same, more = {"lora", "full"}, {"adapter", "mixture"}
    assert all(routes[name].gflops == routes[DENSE].gflops for name in same)
    assert all(routes[name].gflops > routes[DENSE].gflops for name in more)
    assert all(routes[name].gflops >= routes[DENSE].gflops for name in TRAINED)
