"""What a worker is given, and what it does with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.config.loader import import_custom
from moei_toolkit.config.search_space import Variant
from moei_toolkit.errors import MoeiError
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.search import Search
from moei_toolkit.tuning.planning.trial import Trial, make_trial
from moei_toolkit.tuning.planning.variants import combine
from moei_toolkit.tuning.planning.workflow import Workflow
from moei_toolkit.tuning.running.work import Event, run_trials

BATCH = "batch"
_OTHER_CODE = (
    "the code is not what it was when this was planned, or is another one on this machine. "
    "Run the same command again."
)


@dataclass(frozen=True)
class Job:
    """What a worker is given.

    Attributes:
        search: What is searched.
        batches: The variants of each batch; none if they are chosen by what came before.
        planned: Name of a variant -> fingerprint of its trial, as far as they are known.
        store: Where all of it is kept.
        folder: Where relative paths of the config begin.
        workflow: What variants are run with.
    """

    search: Search
    batches: tuple[tuple[Variant, ...], ...]
    planned: Mapping[str, str]
    store: Path
    folder: Path
    workflow: Workflow

    def variants(self, chosen: Mapping[str, Any]) -> tuple[Variant, ...]:
        """Return the variants of a batch, or the one that has the chosen value of every factor.

        Args:
            chosen: The number of the batch, or the values, in the order of the factors.
        """
        if self.batches:
            return self.batches[chosen[BATCH]]
        factors = self.search.space.factors
        return (combine(self.search.space, dict(zip(factors, chosen.values(), strict=True))),)

    def run(self, chosen: Mapping[str, Any]) -> Iterator[Event]:
        """Run what was chosen, and yield what is worth telling: trainings, and the end of every trial."""
        os.chdir(self.folder)
        import_custom(self.search.config, "the config of the search")
        trials: list[Trial] = []
        raw, quick = self.search.trial_config(), self.workflow.quick()
        for variant in self.variants(chosen):
            try:
                trials.append(make_trial(raw, variant, quick))
            except MoeiError as error:
                yield Event(variant.name, failure=str(error))
        others = [one for one in trials if self.planned.get(one.name, one.fingerprint) != one.fingerprint]
        yield from (Event(one.name, failure=_OTHER_CODE) for one in others)
        same = [one for one in trials if one not in others]
        for event in run_trials(same, StageStore(self.store), self.workflow, SilentReporter()):
            trained = event.psnr is not None and (event.seconds > 0 or self.search.gives_up)
            if trained or not event.stage:
                yield event
