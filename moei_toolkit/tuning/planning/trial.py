"""A trial: one variant of a config, with the stages that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.config.schema import Config
from moei_toolkit.config.search_space import Variant
from moei_toolkit.errors import ConfigError, PluginError
from moei_toolkit.pipeline.running.plan import PlannedStage, make_plan
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.variants import OPTIONAL, applies, reference, vary
from moei_toolkit.tuning.planning.workflow import Workflow


@dataclass(frozen=True)
class Trial:
    """One variant of a config.

    Attributes:
        variant: What is changed.
        config: What comes out.
        plan: Its stages, in order.
    """

    variant: Variant
    config: Config
    plan: tuple[PlannedStage, ...]

    @property
    def name(self) -> str:
        """Name of the variant."""
        return self.variant.name

    @property
    def fingerprint(self) -> str:
        """Of the last stage, and so of all of them."""
        return self.plan[-1].fingerprint

    def folders(self, store: StageStore) -> dict[str, Path]:
        """Return where the result of every stage lies or would lie."""
        return {planned.name: store.folder(planned.name, planned.fingerprint) for planned in self.plan}

    def is_done(self, store: StageStore) -> bool:
        """Tell whether the last stage has been committed, and with it all of them."""
        return all(store.find(one.name, one.fingerprint).status == "whole" for one in self.plan)


@dataclass(frozen=True)
class Trials:
    """What a search tries.

    Attributes:
        trials: In order; the first one is the config as it is.
        impossible: Name of a variant that cannot be run -> why.
    """

    trials: tuple[Trial, ...]
    impossible: Mapping[str, str]


def make_trials(raw: Mapping[str, Any], variants: Iterable[Variant], workflow: Workflow) -> Trials:
    """Plan the config as it is, and every variant that differs from it.

    Args:
        raw: The complete config as plain data.
        variants: What is tried.
        workflow: What they are run with.

    Raises:
        ConfigError: No variant can be run, and the first of those does not fit the config.
        PluginError: A component of the config as it is cannot be used.
    """
    quick = workflow.quick()
    first = make_trial(raw, reference(), quick)
    trials, impossible, misfit = [first], {}, None
    for variant in variants:
        if not applies(raw, variant):
            missing = ", ".join(variant.overrides).replace(OPTIONAL, "")
            impossible[variant.name] = f"the config has no {missing} that it could change."
            continue
        try:
            trial = make_trial(raw, variant, quick)
        except ConfigError as error:
            misfit = misfit or error
            impossible[variant.name] = str(error)
            continue
        except PluginError as error:
            impossible[variant.name] = _with_package(str(error), variant)
            continue
        if (trial.config, variant.policy) != (first.config, first.variant.policy):
            trials.append(trial)
    if misfit and len(trials) == 1:
        raise misfit
    return Trials(tuple(trials), impossible)


def make_trial(raw: Mapping[str, Any], variant: Variant, workflow: Workflow) -> Trial:
    """Plan one variant.

    Raises:
        ConfigError: It does not fit the config.
        PluginError: A component cannot be used.
    """
    config = vary(raw, variant)
    plan = make_plan(workflow.stages(config), config.seed, workflow.version_of, frozenset())
    return Trial(variant, config, plan)


def _with_package(reason: str, variant: Variant) -> str:
    return f"{reason} It comes with the package {variant.package}." if variant.package else reason
