"""The config of a run: typed, complete, and frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.kinds import Section, Seed, Text
from moei_toolkit.config.sections import (
    Calibrate,
    CustomImports,
    Data,
    Dense,
    Evaluate,
    Experts,
    Inference,
    Report,
    RouterSection,
    Tasks,
    Training,
    Utilities,
    Views,
)
from moei_toolkit.errors import did_you_mean
from moei_toolkit.types import CLEAN


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
        views: What *describe* looks at.
        utilities: How the errors of the routes are measured.
        router: The router.
        calibrate: Calibration and abstention.
        inference: Tiling.
        evaluate: Metrics.
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
    views: Views = Views()
    utilities: Utilities
    router: RouterSection
    calibrate: Calibrate
    inference: Inference = Inference()
    evaluate: Evaluate
    report: Report

    @property
    def store_root(self) -> Path:
        """Folder of the stage store."""
        return Path(self.store) if self.store else Path(self.work_dir, "stages")

    @model_validator(mode="after")
    def _check_references(self) -> Config:
        if problems := [*self._unknown_tasks(), *self._unknown_mixes()]:
            raise ValueError("\n".join(problems))
        return self

    def _unknown_tasks(self) -> Iterator[str]:
        for name, section in self.experts.items():
            if section.task not in self.tasks:
                hint = did_you_mean(section.task, self.tasks)
                yield f"experts.{name}.task: expected a key of 'tasks', got {section.task!r}. {hint}"

    def _unknown_mixes(self) -> Iterator[str]:
        known = {*self.tasks, CLEAN}
        for path, training in self._trainings():
            for name in training.mix:
                if name not in known:
                    hint = did_you_mean(name, known)
                    yield f"{path}.mix: expected keys of 'tasks' or '{CLEAN}', got {name!r}. {hint}"

    def _trainings(self) -> Iterator[tuple[str, Training]]:
        yield "dense.training", self.dense.training
        for name, section in self.experts.items():
            yield f"experts.{name}.training", section.training
