"""The plan of a run: every stage with its recipe and fingerprint, and which of them a person asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from moei_toolkit.errors import ConfigError, did_you_mean
from moei_toolkit.pipeline.running.fingerprint import ComponentVersion, fingerprint_of, recipe_of
from moei_toolkit.pipeline.running.stage import Stage


@dataclass(frozen=True)
class PlannedStage:
    """A stage, and what its result will be the result of.

    Attributes:
        stage: The stage.
        recipe: Everything its result depends on.
        fingerprint: Hash of the recipe.
        forced: It runs even when its result is there.
    """

    stage: Stage
    recipe: dict[str, Any]
    fingerprint: str
    forced: bool = False

    @property
    def name(self) -> str:
        """Name of the stage."""
        return self.stage.name


def select(
    stages: Sequence[Stage], first: str | None = None, only: str | None = None, until: str | None = None
) -> tuple[frozenset[str], frozenset[str]]:
    """Return which stages are wanted, and which of them are forced to run again.

    Each argument is the name of a stage or of a group of stages.

    Args:
        stages: All stages, in order.
        first: This one and all later ones are forced.
        only: Nothing but this one is wanted.
        until: Nothing after this one is wanted.

    Raises:
        ConfigError: There is no such stage, or ``only`` is given together with another.
    """
    if only is not None and (first is not None or until is not None):
        raise ConfigError("expected --only alone, got it together with --from or --until.")
    names = [stage.name for stage in stages]
    if only is not None:
        return frozenset(names[index] for index in _find(stages, only)), frozenset()
    last = max(_find(stages, until)) if until is not None else len(names) - 1
    start = min(_find(stages, first)) if first is not None else len(names)
    if first is not None and start > last:
        raise ConfigError(f"expected --from before --until, got '{first}' after '{until}'.")
    return frozenset(names[: last + 1]), frozenset(names[start : last + 1])


def make_plan(
    stages: Sequence[Stage], seed: int, component_version: ComponentVersion, forced: frozenset[str]
) -> tuple[PlannedStage, ...]:
    """Return the stages with their fingerprints, which need no stage to have run.

    Args:
        stages: In order; each reads earlier ones only.
        seed: The run's seed.
        component_version: Looks up the code of a component.
        forced: Names of the stages that run again.

    Raises:
        ConfigError: Two stages share a name, or one reads a stage that is not before it.
    """
    fingerprints: dict[str, str] = {}
    planned = []
    for stage in stages:
        _check(stage, fingerprints)
        recipe = recipe_of(stage, seed, fingerprints, component_version)
        fingerprints[stage.name] = fingerprint_of(recipe)
        planned.append(PlannedStage(stage, recipe, fingerprints[stage.name], stage.name in forced))
    return tuple(planned)


def _find(stages: Sequence[Stage], name: str) -> list[int]:
    found = [index for index, stage in enumerate(stages) if name in (stage.name, stage.group)]
    if not found:
        known = {known for stage in stages for known in (stage.name, stage.group)}
        raise ConfigError(f"there is no stage '{name}'. {did_you_mean(name, known)}")
    return found


def _check(stage: Stage, earlier: dict[str, str]) -> None:
    if stage.name in earlier:
        raise ConfigError(f"two stages are named '{stage.name}'.")
    for name in stage.inputs:
        if name not in earlier:
            hint = did_you_mean(name, earlier)
            raise ConfigError(f"stage '{stage.name}' reads '{name}', which is not before it. {hint}")
