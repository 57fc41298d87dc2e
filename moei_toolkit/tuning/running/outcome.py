"""What became of a search: which variants are done, which failed and why, and what was computed for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.io.manifest import MANIFEST, read_manifest
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.plan import clock, count_names
from moei_toolkit.tuning.planning.trial import Trial
from moei_toolkit.tuning.running.work import Event


class Progress:
    """Tells a person what becomes of trials, and keeps why some fail.

    Args:
        reporter: Told what is going on.
        metric: The measure that is told of every trial.
        total: How many trials there are.
        before: How many of them were finished before; nothing is told of these.

    Attributes:
        failures: Name of a variant -> why it failed.
    """

    def __init__(self, reporter: Reporter, metric: str, total: int, before: int = 0) -> None:
        self.failures: dict[str, str] = {}
        self._reporter = reporter
        self._metric = metric
        self._total = total
        self._before = before
        self._ended: set[str] = set()

    def tell(self, event: Event) -> None:
        """Say what became of a trial or of one of its stages; once, if a batch begins again."""
        if event.trial in self._ended:
            return
        if event.stage:
            validated = "" if event.psnr is None else f", validation PSNR {event.psnr:.2f} dB"
            self._reporter.info(f"{event.trial}: {event.stage} done in {event.seconds:.1f} s{validated}")
            return
        self._ended.add(event.trial)
        count = f"[{self._before + len(self._ended)}/{self._total}]"
        if event.failure:
            self.failures[event.trial] = event.failure
            self._reporter.info(f"{count} {event.trial}: failed: {event.failure}")
            return
        value = event.scores.get(self._metric)
        reached = "" if value is None else f"{self._metric} {value:.3f}; "
        self._reporter.info(
            f"{count} {event.trial}: {reached}computed {', '.join(event.computed) or 'nothing'}"
        )

    def lost(self, trials: Sequence[str], reason: str) -> None:
        """Say that a worker was lost for good, and with it what it had not finished."""
        for name in trials:
            if name not in self._ended:
                self.failures[name] = f"its worker was lost, and lost again: {reason}"
        self._reporter.info(f"a worker was lost, and lost again: {reason}")


@dataclass(frozen=True)
class Economics:
    """What a search has computed, and what that saved.

    Attributes:
        asked: How many stages all variants ask for.
        distinct: How many there are, each once.
        there: How many of these were there before.
        computed: Name of a stage -> how often it was computed.
        seconds: What computing them took.
        seconds_asked: What it would have taken to compute every stage for every variant.
    """

    asked: int
    distinct: int
    there: int
    computed: Mapping[str, int]
    seconds: float
    seconds_asked: float

    @property
    def shared(self) -> int:
        """How many times a result was used again that this search has computed."""
        return self.asked - self.distinct

    def lines(self) -> list[str]:
        """Return it as text."""
        return [
            f"stages    {self.asked} asked for: {sum(self.computed.values())} computed, "
            f"{self.there} there before, {self.shared} shared",
            f"computed  {count_names(Counter(self.computed).elements()) or 'nothing'}",
            f"time      {clock(self.seconds)} of computing instead of {clock(self.seconds_asked)}",
        ]


@dataclass(frozen=True)
class Outcome:
    """What became of a search.

    Attributes:
        done: The trials that are finished, in order; the first one is the config as it is.
        failed: Name of a variant -> why there is no result of it.
        stopped: Variants that were given up early because others were better.
        economics: What was computed.
    """

    done: tuple[Trial, ...]
    failed: Mapping[str, str]
    stopped: tuple[str, ...]
    economics: Economics


def settle(
    trials: Sequence[Trial],
    failures: Mapping[str, str],
    before: frozenset[Path],
    store: StageStore,
    gives_up: bool = False,
) -> Outcome:
    """Find out from the store what became of trials.

    Args:
        trials: All of them.
        failures: Name of a variant -> why it failed, as far as is known.
        before: The results that were there before the search.
        store: Where all of it is kept.
        gives_up: Whether a trial that is not finished was given up.
    """
    left = [trial for trial in trials if trial.name not in failures]
    done = tuple(trial for trial in left if trial.is_done(store))
    unfinished = tuple(trial.name for trial in left if trial not in done)
    stopped = unfinished if gives_up else ()
    reasons = {} if gives_up else dict.fromkeys(unfinished, "it was not finished")
    return Outcome(done, {**failures, **reasons}, stopped, economics_of(trials, before, store))


def there_now(store: StageStore) -> frozenset[Path]:
    """Return the folders of all results in a store."""
    return frozenset(path.parent for path in store.root.glob(f"*/*/{MANIFEST}"))


def economics_of(trials: Sequence[Trial], before: frozenset[Path], store: StageStore) -> Economics:
    """Count what was computed for trials since ``before``, by what is in the store."""
    stages = {one.fingerprint: one for trial in trials for one in trial.plan}
    whole = {
        key: found.folder
        for key, one in stages.items()
        if (found := store.find(one.name, key)).status == "whole"
    }
    seconds = {key: read_manifest(folder).seconds for key, folder in whole.items()}
    computed = [key for key, folder in whole.items() if folder not in before]
    return Economics(
        asked=sum(len(trial.plan) for trial in trials),
        distinct=len(stages),
        there=len(whole) - len(computed),
        computed=dict(Counter(stages[key].name for key in computed)),
        seconds=sum(seconds[key] for key in computed),
        seconds_asked=sum(seconds.get(one.fingerprint, 0.0) for trial in trials for one in trial.plan),
    )
