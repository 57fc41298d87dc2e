"""The config of a run: typed, complete, and frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict
from moei_toolkit.config.kinds import Section, Seed, Text
from moei_toolkit.config.sections.data import Data, Tasks
from moei_toolkit.config.sections.imports import CustomImports
from moei_toolkit.config.sections.judging import Bench, Evaluate, Inference, Objectives, Report
from moei_toolkit.config.sections.routing import Calibrate, RouterSection, Utilities, Views
from moei_toolkit.config.sections.studies import Studies
from moei_toolkit.config.sections.training import Dense, DenseEqual, Experts, ExpertSection, Singles, Training
from moei_toolkit.errors import did_you_mean
from moei_toolkit.types import CLEAN, DENSE, DENSE_EQUAL, SINGLE_PREFIX, expert_stage


class Config(Section):
    """Everything a run is made from.

    Attributes:
        seed: What every random number of the run comes from.
        work_dir: Folder of the run: record, links to the stages, report.
        store: Folder of the stage store, which runs may share; ``<work_dir>/stages`` when None.
        data: Where images come from.
        tasks: The degradations to restore, by name.
        backbone: The shared backbone.
        dense: How the shared backbone is trained.
        experts: The experts, by name; their order is the order of the router's outputs.
        singles: Single-task models on the shared encoder (dense-single), by name; rivals, never routed to.
        dense_equal: The rival of equal cost, if there is one.
        views: What *describe* looks at.
        utilities: How the errors of the routes are measured.
        router: The router.
        calibrate: Calibration and abstention.
        inference: Tiling.
        evaluate: Metrics.
        bench: How the cost of restoring is measured; not at all when None.
        objectives: From what on a research objective counts as reached.
        studies: What was studied beside the run.
        report: The report.
        custom_imports: Modules that register components.
    """

    seed: Seed = 0
    work_dir: Text
    store: str | None = None
    custom_imports: CustomImports | None = None
    data: Data
    tasks: Tasks
    backbone: Component
    dense: Dense
    experts: Experts
    singles: Singles = FrozenDict({})
    dense_equal: DenseEqual | None = None
    views: Views = Views()
    utilities: Utilities
    router: RouterSection
    calibrate: Calibrate
    inference: Inference = Inference()
    evaluate: Evaluate
    bench: Bench | None = None
    objectives: Objectives = Objectives()
    studies: Studies = Studies()
    report: Report

    @property
    def store_root(self) -> Path:
        """Folder of the stage store."""
        return Path(self.store) if self.store else Path(self.work_dir, "stages")

    def without_places(self) -> dict[str, Any]:
        """Return the config as plain data, but for what says where a run lies: equal runs have it equal."""
        return self.model_dump(exclude={"work_dir", "store"})

    @property
    def worn(self) -> dict[str, ExpertSection | DenseEqual]:
        """What the frozen backbone is trained to wear, by where it stands in the config; experts first."""
        return {**{expert_stage(name): section for name, section in self.experts.items()}, **self.rivals}

    @property
    def rivals(self) -> dict[str, ExpertSection | DenseEqual]:
        """What MoE-I is compared with beside dense, by where it stands in the config."""
        singles = {f"singles.{name}": section for name, section in self.singles.items()}
        return {**singles, **({"dense_equal": self.dense_equal} if self.dense_equal else {})}

    @property
    def rival_policies(self) -> dict[str, str]:
        """Where the rivals stand in the config, by what their policies are called."""
        singles = {f"{SINGLE_PREFIX}{name}": f"singles.{name}" for name in self.singles}
        return {**singles, **({DENSE_EQUAL: "dense_equal"} if self.dense_equal else {})}

    @model_validator(mode="after")
    def _check_references(self) -> Config:
        if problems := [
            *self._unknown_tasks(),
            *self._unknown_mixes(),
            *self._missing_weather(),
            *self._unknown_guides(),
        ]:
            raise ValueError("\n".join(problems))
        return self

    def _unknown_tasks(self) -> Iterator[str]:
        for path, section in self.worn.items():
            if isinstance(section, ExpertSection) and section.task not in self.tasks:
                hint = did_you_mean(section.task, self.tasks)
                yield f"{path}.task: expected a key of 'tasks', got {section.task!r}. {hint}"

    def _unknown_mixes(self) -> Iterator[str]:
        known = {*self.tasks, CLEAN}
        for path, training in self._trainings():
            for name in training.mix:
                if name not in known:
                    hint = did_you_mean(name, known)
                    yield f"{path}.mix: expected keys of 'tasks' or '{CLEAN}', got {name!r}. {hint}"

    def _missing_weather(self) -> Iterator[str]:
        for name, task in self.tasks.items():
            if self.data.layout and task.degradation is None:
                yield f"tasks.{name}.degradation: missing; the scenes of data.layout are clean"

    def _unknown_guides(self) -> Iterator[str]:
        known = [*self.experts, DENSE, *self.rival_policies]
        for name in self.inference.guides:
            if name not in known:
                hint = did_you_mean(name, known)
                yield f"inference.guides: expected names of experts or rivals, got {name!r}. {hint}"

    def _trainings(self) -> Iterator[tuple[str, Training]]:
        yield "dense.training", self.dense.training
        for path, section in self.worn.items():
            yield f"{path}.training", section.training
