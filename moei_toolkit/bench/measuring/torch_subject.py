"""A subject that PyTorch runs: a trained model, or an untrained one of another size."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.bench.measuring.dearest import dearest
from moei_toolkit.bench.measuring.subject import Model, Subject
from moei_toolkit.bench.measuring.usual_tiler import lay_out_plainly
from moei_toolkit.bench.parameters import parameters_of
from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.errors import ConfigError
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.loading.building import build_backbone, build_worn
from moei_toolkit.inference.loading.parts import Parts
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.pretrained.loading import ModelParts
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.types import ACTUAL, DENSE, EXPERT_PREFIX, TOP2, expert_stage

_SOURCE = "the config of the measured run"


def build_eager(model: Model, subject: Subject) -> tuple[EagerRuntime, Decider | None, str]:
    """Return the runtime, what decides if anything does, and the route that the subject's policy takes.

    Only what the policy needs is loaded, for its memory counts. MoE-I is measured along its dearest expert;
    Top-2 mixes the two largest in equal parts.

    Raises:
        ConfigError: If the model has no such policy.
    """
    parts = ModelParts.of(Path(model.pretrained)) if model.pretrained else _run_parts(model)
    if subject.backbone:
        return _untrained(parts, subject), None, DENSE
    with parts.saying_where():
        backbone = parts.backbone()
        routed = subject.policy in (ACTUAL, TOP2)
        experts = _routed_experts(parts, subject, backbone) if routed else {}
        route = subject.policy.removeprefix(EXPERT_PREFIX)
        if subject.policy not in (ACTUAL, TOP2, DENSE):
            experts[route] = parts.worn_under(subject.policy, backbone)
    runtime = EagerRuntime(backbone, experts, parts.protocol, subject.device)
    if subject.tiling == "whole":
        lay_out_plainly(runtime)
    decider = parts.decider(backbone.descriptor_dim, subject.device) if routed else None
    if subject.policy == ACTUAL:
        sizes = {name: parameters_of(expert) for name, expert in experts.items()}
        route = dearest(sizes, runtime.protocol.guides)
    return runtime, decider, route


def _run_parts(model: Model) -> RunParts:
    config = validate_config(dict(model.config), _SOURCE)
    import_custom(config, _SOURCE)
    return RunParts(config, {name: Path(folder) for name, folder in model.folders.items()})


def _routed_experts(parts: Parts, subject: Subject, backbone: Backbone) -> dict[str, Expert]:
    """Return the first experts of the model, and untrained ones where more are asked for."""
    names = parts.experts
    count = len(names) if subject.experts is None else subject.experts
    experts = {
        **{name: parts.expert(name, backbone) for name in names[:count]},
        **{
            f"spare-{number}": build_worn(parts.architecture, expert_stage(names[0]), backbone)
            for number in range(len(names), count)
        },
    }
    if subject.policy == TOP2:
        if len(experts) < 2:
            raise ConfigError(f"{TOP2}: expected two experts or more, got {len(experts)}")
        mixed = sorted(experts, key=lambda name: -parameters_of(experts[name]))[:2]
        experts[TOP2] = Mixture([experts[name] for name in mixed], [1.0, 1.0])
    return experts


def _untrained(parts: Parts, subject: Subject) -> EagerRuntime:
    with parts.saying_where():
        backbone = build_backbone(parts.architecture, subject.backbone)
    return EagerRuntime(backbone, {}, parts.protocol, subject.device)
