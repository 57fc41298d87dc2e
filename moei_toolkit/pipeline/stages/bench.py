"""Measures what restoring a large image costs: the dense model, MoE-I, and each expert where asked."""

from __future__ import annotations

from moei_toolkit.bench.cost import compare, costs_of
from moei_toolkit.bench.measuring.models import model_of
from moei_toolkit.bench.measuring.race import Plan, measure
from moei_toolkit.bench.measuring.subject import Size, Subject
from moei_toolkit.bench.record import write_costs
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.machine.devices import default_device
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.types import ACTUAL, DENSE, EXPERT_PREFIX


def run(context: StageContext) -> None:
    """Leave cost.json, every timed run, and a table."""
    settings = context.config.bench
    if settings is None:
        raise ConfigError("expected a 'bench' section in the config, got none")
    policies = [DENSE, ACTUAL]
    if settings.experts:
        policies += [f"{EXPERT_PREFIX}{name}" for name in context.config.experts]
    device = default_device()
    found = measure(
        model_of(context.config, context.inputs.items()),
        [Subject(policy, policy, device=device) for policy in policies],
        Size(settings.width, settings.height),
        Plan(settings.warm_ups, settings.runs, settings.blocks),
        context.log,
    )
    protocol = context.config.inference.model_dump()
    write_costs(context.folder, found, costs_of(found), [compare(found, ACTUAL, DENSE)], protocol)
