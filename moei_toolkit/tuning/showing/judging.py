"""What finished trials reached, and how they differ from the config as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moei_toolkit.evaluation.checks import Verdict
from moei_toolkit.evaluation.results import derive_results
from moei_toolkit.evaluation.rows import Row, read_rows
from moei_toolkit.evaluation.statistics.comparisons import MACRO, Comparison, compare_all
from moei_toolkit.inference.loading.run import EXPERT_FILE
from moei_toolkit.io.json_file import read_object
from moei_toolkit.io.weights import load_weights
from moei_toolkit.pipeline.chain import DATA, EVALUATE
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE
from moei_toolkit.pipeline.measuring.metrics import PROTOCOL_FILE
from moei_toolkit.pipeline.reporting.derivation import facts_of
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.tuning.planning.trial import Trial
from moei_toolkit.tuning.scores import directions_of, scores_of
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, TOP2

AFFECTED = ("O4", "O5", "O6", "O7", "O8")
"""Objectives that a variant may reach or miss otherwise than the config as it is."""

PSNR = "psnr"


@dataclass(frozen=True)
class Judged:
    """What a trial reached.

    Attributes:
        trial: Which.
        scores: See `scores_of`, of the policy of its variant.
        rows: Of that policy.
        data: Fingerprint of the images it was tested on.
        threshold: tau of the abstention.
        added: Parameters of what the backbone wears under the policy, as a share of its own.
        verdicts: Objective -> verdict, of `AFFECTED`.
    """

    trial: Trial
    scores: Mapping[str, float]
    rows: Sequence[Row]
    data: str
    threshold: float
    added: float
    verdicts: Mapping[str, Verdict]

    @property
    def name(self) -> str:
        """Name of the variant."""
        return self.trial.name


@dataclass(frozen=True)
class Finding:
    """A trial, and how it differs from the config as it is.

    Attributes:
        judged: What it reached.
        difference: In macro PSNR, dB; None for the config as it is.
        comparison: How sure that is; None also where the two were tested on different images.
        changed: Objective -> verdicts as it is and here, of those that differ.
    """

    judged: Judged
    difference: float | None
    comparison: Comparison | None
    changed: Mapping[str, tuple[Verdict, Verdict]]


def judge_trial(trial: Trial, store: StageStore) -> Judged:
    """Read what a finished trial has left.

    Raises:
        DataError: Its rows cannot be used, or no image was judged under its policy.
        CheckpointError: The weights of an expert are missing or damaged.
    """
    folders, config, policy = trial.folders(store), trial.config, trial.variant.policy
    evaluated = folders[EVALUATE]
    rows = read_rows(evaluated / ROWS_FILE)
    facts = facts_of(config, folders, read_object(evaluated / PROTOCOL_FILE), config.seed, None)
    objectives = derive_results(rows, facts).objectives
    shares = {ACTUAL: sum(facts.expert_shares.values()), DENSE: 0.0}
    shares[TOP2] = shares["oracle"] = shares[ACTUAL]
    if policy == DENSE_EQUAL:
        shares[DENSE_EQUAL] = load_weights(folders["dense_equal"] / EXPERT_FILE)[1]["share"]
    return Judged(
        trial=trial,
        scores=scores_of(rows, policy, directions_of(evaluated), config.evaluate.bins),
        rows=[row for row in rows if row.policy == policy],
        data=next(one.fingerprint for one in trial.plan if one.name == DATA),
        threshold=facts.threshold,
        added=shares[policy],
        verdicts={one.id: one.verdict for one in objectives if one.id in AFFECTED},
    )


def compare_with_first(judged: Sequence[Judged], seed: int) -> list[Finding]:
    """Compare every trial with the first one, the config as it is, by a paired bootstrap over scenes.

    Args:
        judged: In order.
        seed: Of the resamples.
    """
    first = judged[0]
    paired = [one for one in judged[1:] if one.data == first.data]
    compared = compare_named({one.name: one.rows for one in (first, *paired)}, first.name, seed)
    key = f"macro_{PSNR}"
    return [
        Finding(
            judged=one,
            difference=None if one is first else one.scores[key] - first.scores[key],
            comparison=compared.get(one.name),
            changed={
                name: (first.verdicts[name], verdict)
                for name, verdict in one.verdicts.items()
                if first.verdicts[name] != verdict
            },
        )
        for one in judged
    ]


def main_effects(
    judged: Sequence[Judged], levels: Mapping[str, Sequence[str]], seed: int
) -> dict[str, Comparison]:
    """Compare the mean over the trials of a level with the mean over all trials, in macro PSNR.

    Args:
        judged: Trials that were tested on the same images.
        levels: Level, such as ``"beta 50"`` -> the trials that have it.
        seed: Of the resamples.

    Returns:
        By level.
    """
    rows = {one.name: one.rows for one in judged}
    means = {level: _mean_rows([rows[name] for name in names]) for level, names in levels.items()}
    return compare_named({"all": _mean_rows(list(rows.values())), **means}, "all", seed)


def compare_named(rows: Mapping[str, Sequence[Row]], first: str, seed: int) -> dict[str, Comparison]:
    """Compare the rows under each name with those under one of them, in macro PSNR.

    Args:
        rows: Name -> one row of every image.
        first: The name that the others are compared with.
        seed: Of the resamples.
    """
    relabelled = [replace(row, policy=name) for name, mine in rows.items() for row in mine]
    pairs = [(name, first) for name in rows if name != first]
    found = compare_all(relabelled, pairs, {PSNR: True}, np.random.default_rng(seed))
    return {one.first: one for one in found if one.weather == MACRO}


def _mean_rows(several: Sequence[Sequence[Row]]) -> list[Row]:
    """Return rows with the mean PSNR of every image."""
    psnr: dict[str, list[float]] = {}
    for rows in several:
        for row in rows:
            psnr.setdefault(row.id, []).append(row.metrics[PSNR])
    return [replace(row, metrics={PSNR: float(np.mean(psnr[row.id]))}) for row in several[0]]
