"""A small mixture of experts, in memory or as the folder of a finished run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import torch
from config_example import minimal
from torch import Tensor

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.config.loader import validate_config
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime
from moei_toolkit.io.run_record import Result, RunRecord, write_run
from moei_toolkit.io.weights import save_weights
from moei_toolkit.routers.base import Router
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.testing.modules import shake

EXPERTS = ("first", "second")
PROTOCOL = Protocol(overview_size=16, probe_size=16, probes=2, tile=32, overlap=8)
NETWORK = {"width": 4, "levels": 1, "blocks": 1, "descriptor_dim": 16}
WEIGHTS = {
    "dense": "backbone.safetensors",
    "experts.first": "expert.safetensors",
    "experts.second": "expert.safetensors",
    "router": "router.safetensors",
    "calibrate": "calibration.json",
}


class FixedRouter(Router):
    """Gives every image the same logits."""

    def __init__(self, *logits: float) -> None:
        super().__init__()
        self.register_buffer("logits", torch.tensor(logits))

    def forward(self, g: Tensor) -> Tensor:
        return self.logits.expand(len(g), -1)


def make_backbone(trained: bool = True) -> GlobalUNet:
    torch.manual_seed(0)
    backbone = GlobalUNet(**NETWORK)
    return shake(backbone) if trained else backbone


def make_expert(backbone: GlobalUNet, seed: int, trained: bool = True) -> Expert:
    expert = Adapter(backbone, reduction=0.5, top_blocks=1)
    return shake(expert, seed) if trained else expert


def make_runtime(trained: bool = True, protocol: Protocol = PROTOCOL) -> EagerRuntime:
    backbone = make_backbone(trained)
    experts = {name: make_expert(backbone, seed, trained) for seed, name in enumerate(EXPERTS)}
    return EagerRuntime(backbone, experts, protocol)


def make_decider(*logits: float, threshold: float = 0.0, experts: Sequence[str] = EXPERTS) -> Decider:
    return Decider(EagerRouter(FixedRouter(*logits)), Temperature(), threshold, experts)


def make_run(work_dir: Path, guides: Mapping[str, int] = MappingProxyType({EXPERTS[0]: 16})) -> Path:
    """Write what a finished run leaves: weights, calibration and record; of its rivals, the config alone."""
    training = minimal()["dense"]["training"]
    expert = {"type": "adapter", "reduction": 0.5, "top_blocks": 1}
    raw = minimal(
        work_dir=str(work_dir),
        backbone={"type": "global_unet", **NETWORK},
        experts={name: {"expert": expert, "task": "dust", "training": training} for name in EXPERTS},
        views={"overview_size": 16, "probe_size": 16, "probes": 2},
        inference={"tile": 32, "overlap": 8, "guides": dict(guides)},
        dense_equal={"expert": expert, "training": training},
    )
    backbone = make_backbone()
    save_weights(stage(work_dir, "dense"), backbone.state_dict(), {})
    for seed, name in enumerate(EXPERTS):
        save_weights(stage(work_dir, f"experts.{name}"), make_expert(backbone, seed).state_dict(), {})
    torch.manual_seed(1)
    save_weights(stage(work_dir, "router"), MLPRouter(16, len(EXPERTS)).state_dict(), {})
    calibration = {"calibrator": {"temperature": 2.0, "at_bound": False}, "threshold": 0.25}
    stage(work_dir, "calibrate").parent.mkdir(parents=True)
    stage(work_dir, "calibrate").write_text(json.dumps(calibration))
    stages = {name: Result(folder=f"stages/{name}/abc", fingerprint="abc") for name in WEIGHTS}
    write_run(work_dir, RunRecord(config=validate_config(raw, "test").model_dump(), stages=stages))
    return work_dir


def stage(work_dir: Path, name: str) -> Path:
    """The file that the stage left in a run."""
    return work_dir / "stages" / name / "abc" / WEIGHTS[name]
