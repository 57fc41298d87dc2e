"""Stages that several processes do together, seen from those that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moei_toolkit.config.schema import Config
from moei_toolkit.engine.process_group import ProcessGroup, take_part
from moei_toolkit.errors import ConfigError
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.io.shared_paths import SharedPaths
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.running.components import component_version
from moei_toolkit.pipeline.running.explain import explain
from moei_toolkit.pipeline.running.plan import PlannedStage, make_plan
from moei_toolkit.pipeline.running.stage import StageContext

if TYPE_CHECKING:
    from moei_toolkit.engine.torch_group import TorchProcessGroup

Prepared = tuple[Config, Mapping[str, PlannedStage]]
"""A config, and the stages that are planned for it, by name."""


def require_even_batches(config: Config, group: ProcessGroup) -> None:
    """Raise ConfigError unless every batch of a config can be divided evenly among a group."""
    trained = {"dense": config.dense, **config.worn}
    for where, section in trained.items():
        group.images_per_process(section.training.images_per_batch, f"{where}.training.images_per_batch")


def follow(group: TorchProcessGroup, load: Callable[[], Config]) -> None:
    """Join in whatever the leader calls for, until it has ended.

    Args:
        group: This process is not its leader.
        load: Returns the leader's config.

    Raises:
        MoeiError: A process has failed; or the leader cannot be reached any more.
    """

    @cache
    def prepared() -> Prepared:
        config = load()
        plan = make_plan(make_chain(config), config.seed, component_version, frozenset())
        return config, {planned.name: planned for planned in plan}

    while (order := group.next_order()) is not None:
        take_part(group, partial(_join_in, order, prepared, group))


def _join_in(order: Mapping[str, Any], prepared: Callable[[], Prepared], group: ProcessGroup) -> None:
    shared = SharedPaths(**order["shared"])
    shared.require()
    config, plan = prepared()
    name = order["stage"]
    planned = plan.get(name)
    difference = explain(planned.recipe, order["recipe"]) if planned else "there is no such stage"
    if planned is None or difference:
        raise ConfigError(
            f"stage '{name}': expected the config, the code and the files of the leader on "
            f"{shared.host}, got others: {difference}. Start every process with the same of each."
        )
    inputs = {name: Path(folder) for name, folder in order["inputs"].items()}
    folder, seed = Path(order["folder"]), planned.recipe["seed"]
    planned.stage.run(StageContext(folder, inputs, config, seed, SilentReporter(), group))
