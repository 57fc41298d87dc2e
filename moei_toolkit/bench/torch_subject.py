"""A subject that PyTorch runs: the model of a run, or an untrained one of another size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from moei_toolkit.bench.counts import parameters_of
from moei_toolkit.bench.subject import Model, Subject
from moei_toolkit.config.loader import import_custom, validate_config
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError, did_you_mean
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.mixture import Mixture
from moei_toolkit.inference.bundle import (
    build_backbone,
    build_worn,
    load_decider,
    load_rivals,
    load_runtime,
    make_protocol,
)
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, EXPERT_PREFIX, SINGLE_PREFIX, TOP2

_SOURCE = "the config of the measured run"


def build_eager(model: Model, subject: Subject) -> tuple[EagerRuntime, Decider | None, str]:
    """Return the runtime, what decides, and the route that the subject's policy takes.

    MoE-I is measured along its largest expert; Top-2 mixes the two largest in equal parts.

    Raises:
        ConfigError: If the model has no such policy.
    """
    config = validate_config(dict(model.config), _SOURCE)
    import_custom(config, _SOURCE)
    if subject.backbone:
        return _untrained(config, subject), None, DENSE
    folders = {name: Path(folder) for name, folder in model.folders.items()}
    runtime = load_runtime(config, folders, subject.device)
    decider = load_decider(config, folders, runtime.backbone.descriptor_dim, subject.device)
    experts = _experts(config, runtime, decider.experts, subject.experts)
    by_size = sorted(experts, key=lambda name: -parameters_of(experts[name]))
    mixed = [experts[name] for name in by_size[:2]]
    if subject.policy == TOP2:
        experts[TOP2] = Mixture(mixed, [1.0] * len(mixed))
    elif subject.policy in rival_policies(config):
        experts |= load_rivals(config, folders, runtime.backbone)
    worn = EagerRuntime(runtime.backbone, experts, runtime.protocol, subject.device, subject.batch)
    if subject.tiling == "whole":
        _lay_out_plainly(worn)
    return worn, decider, _route_of(subject.policy, by_size[0], worn)


def _route_of(policy: str, largest: str, runtime: EagerRuntime) -> str:
    route = largest if policy == ACTUAL else policy.removeprefix(EXPERT_PREFIX)
    if route not in runtime.experts:
        experts = (f"{EXPERT_PREFIX}{name}" for name in runtime.experts if name != DENSE)
        hint = did_you_mean(policy, [ACTUAL, DENSE, TOP2, *experts])
        raise ConfigError(f"expected a policy that this model has, got {policy!r}. {hint}")
    return route


def _untrained(config: Config, subject: Subject) -> EagerRuntime:
    options = {**config.backbone.as_dict(), **subject.backbone}
    changed = validate_config({**config.model_dump(), "backbone": options}, _SOURCE)
    return EagerRuntime(build_backbone(changed), {}, make_protocol(config), subject.device, subject.batch)


def _experts(
    config: Config, runtime: EagerRuntime, names: Sequence[str], count: int | None
) -> dict[str, Expert]:
    """Return the first experts of the model, and untrained ones where more are asked for."""
    count = len(names) if count is None else count
    stage = f"experts.{names[0]}"
    spare = range(len(names), count)
    return {
        **{name: runtime.experts[name] for name in names[:count]},
        **{f"spare-{number}": build_worn(config, stage, runtime.backbone) for number in spare},
    }


def rival_policies(config: Config) -> list[str]:
    """Return the policies of the models that MoE-I is compared with beside dense."""
    singles = [f"{SINGLE_PREFIX}{name}" for name in config.singles]
    return [*singles, DENSE_EQUAL] if config.dense_equal else singles


def _lay_out_plainly(runtime: EagerRuntime) -> None:
    """Put the networks into PyTorch's default layout, as most repositories run them."""
    for net in (runtime.backbone, *runtime.experts.values()):
        net.to(memory_format=torch.contiguous_format)
    runtime.backbone.memory_format = torch.contiguous_format
