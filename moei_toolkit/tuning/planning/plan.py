"""The plan of a search, before anything of it is run: batches, trials, stages, and how long it may take."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from moei_toolkit.errors import StoreError
from moei_toolkit.io.manifest import MANIFEST, read_manifest
from moei_toolkit.pipeline.running.plan import PlannedStage
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.batches import Batch, Outlook, Use, foresee
from moei_toolkit.tuning.planning.trial import Trial


@dataclass(frozen=True)
class SearchPlan:
    """What a search would do.

    Attributes:
        batches: In order.
        impossible: Name of a variant that cannot be run -> why.
        store: Where all of it is kept.
        chosen_later: How many variants come to these, which depend on what comes out.
    """

    batches: tuple[Batch, ...]
    impossible: Mapping[str, str]
    store: StageStore
    chosen_later: int = 0

    @property
    def trials(self) -> list[Trial]:
        """All of them, in order."""
        return [trial for batch in self.batches for trial in batch]

    @cached_property
    def outlook(self) -> dict[str, list[Use]]:
        """What there is to do, by name of the trial."""
        return {trial.name: uses for trial, uses in foresee(self.batches, self.store)}

    @property
    def to_run(self) -> list[PlannedStage]:
        """Every stage that is to be computed, once."""
        return self._distinct("run")

    def lines(self, concurrent: int = 1) -> list[str]:
        """Return it as text.

        Args:
            concurrent: How many batches run at a time; one does not wait for another.
        """
        waits = "wait for" if concurrent > 1 else "share"
        width = max((len(trial.name) for trial in self.trials), default=0)
        lines = []
        for number, batch in enumerate(self.batches, 1):
            lines.append(f"batch {number} of {len(self.batches)}")
            lines += [
                f"  {trial.name.ljust(width)}  {_deeds(self.outlook[trial.name], waits)}" for trial in batch
            ]
        lines += [f"cannot run {name}: {reason}" for name, reason in self.impossible.items()]
        return [*lines, *self._totals()]

    def _totals(self) -> list[str]:
        to_run, there = self.to_run, self._distinct("reuse")
        asked = sum(map(len, self.outlook.values()))
        later = f", and {self.chosen_later} to be chosen by what comes out" if self.chosen_later else ""
        return [
            "",
            f"variants  {len(self.trials)} in {len(self.batches)} batches{later}",
            f"stages    {asked} asked for: {len(to_run)} to run, {len(there)} there already, "
            f"{asked - len(to_run) - len(there)} shared",
            f"to run    {count_names(stage.name for stage in to_run) or 'nothing'}",
            f"time      {self._time(to_run)}",
        ]

    def _time(self, to_run: Sequence[PlannedStage]) -> str:
        names = [stage.name for stage in to_run]
        known = known_seconds(self.store, set(names))
        new = sorted(set(names) - known.keys())
        about = f"about {clock(sum(known.get(name, 0.0) for name in names))}" if known else ""
        unknown = f"not known yet of {', '.join(new)}" if new else ""
        later = "not known of what is to be chosen" if self.chosen_later else ""
        return "; ".join(filter(None, [about, unknown, later])) or "nothing to compute"

    def _distinct(self, outlook: Outlook) -> list[PlannedStage]:
        uses = [use for uses in self.outlook.values() for use in uses if use.outlook == outlook]
        return list({use.stage.fingerprint: use.stage for use in uses}.values())


def known_seconds(store: StageStore, names: Iterable[str]) -> dict[str, float]:
    """Return the median time of the results of each stage that are in a store, seconds; of any config."""
    found = {}
    for name in names:
        manifests = store.root.glob(f"{name}/*/{MANIFEST}")
        times = [seconds for path in manifests if (seconds := _seconds(path.parent)) is not None]
        if times:
            found[name] = statistics.median(times)
    return found


def count_names(names: Iterable[str]) -> str:
    """Return how often there is each name, such as ``experts.rain 2, router 18``."""
    return ", ".join(f"{name} {count}" for name, count in Counter(names).items())


def clock(seconds: float) -> str:
    """Return a time for people, such as ``2 min 5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _seconds(folder: Path) -> float | None:
    try:
        return read_manifest(folder).seconds
    except StoreError:
        return None


def _deeds(uses: Sequence[Use], waits: str) -> str:
    """Return what is to be done, by name what is to be run."""
    verbs = {"wait": waits, "share": "share", "reuse": "reuse"}
    names = [use.stage.name for use in uses if use.outlook == "run"]
    counts = Counter(verbs[use.outlook] for use in uses if use.outlook != "run")
    told = [f"run {', '.join(names)}"] if names else []
    return "; ".join([*told, *(f"{verb} {count}" for verb, count in counts.items())])
