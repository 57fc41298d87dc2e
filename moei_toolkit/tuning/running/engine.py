"""Runs trials on Ray Tune: a process for each batch, several at a time, a lost one once more.

Nothing imports this module but what is about to run trials: Ray takes seconds to import.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

from moei_toolkit.config.search_space import Choices, Factor, Variant
from moei_toolkit.errors import MoeiError
from moei_toolkit.tuning.planning.search import MODES, Search
from moei_toolkit.tuning.running.job import BATCH, Job
from moei_toolkit.tuning.running.listener import EVENT, Listener
from moei_toolkit.tuning.running.outcome import Progress
from moei_toolkit.tuning.running.resources import resources_of_each

RETRIES = 1
"""How often a batch is begun again whose worker was lost."""

_TRAINED = "trained"


def run_batches(job: Job, work_dir: Path, concurrent: int, progress: Progress) -> list[Variant]:
    """Run the batches of a job, or as many samples as its search asks for; Ray is running already.

    Args:
        job: What is to be run.
        work_dir: Ray Tune writes into a folder of it meanwhile.
        concurrent: How many batches at a time.
        progress: Told what becomes of trials.

    Returns:
        The variants that were begun, in order.
    """
    listener, folder = Listener(job, progress), work_dir.absolute() / "ray"
    tuner = tune.Tuner(
        tune.with_resources(tune.with_parameters(_work, job=job), resources_of_each(concurrent)),
        param_space=_choices(job),
        tune_config=_tune_config(job, concurrent),
        run_config=tune.RunConfig(
            name=folder.name,
            storage_path=str(folder.parent),
            failure_config=tune.FailureConfig(max_failures=RETRIES),
            callbacks=[listener],
            verbose=0,
        ),
    )
    try:
        tuner.fit()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return listener.begun


def _work(chosen: dict[str, Any], job: Job) -> None:
    """Run in a worker what Ray Tune has chosen."""
    metric = job.search.metric
    for number, event in enumerate(job.run(chosen), 1):
        # Of a variant that failed nothing is known, and what chooses the next ones wants a number.
        reached = event.scores.get(metric, math.nan if event.psnr is None else event.psnr)
        tune.report({metric: reached, _TRAINED: number, EVENT: asdict(event)})


def _choices(job: Job) -> dict[str, Any]:
    """Return what Ray Tune chooses from, in its terms."""
    if job.batches:
        return {BATCH: tune.grid_search(list(range(len(job.batches))))}
    return {f"factor{at}": _domain(factor) for at, factor in enumerate(job.search.space.factors.values())}


def _domain(factor: Factor) -> Any:
    if isinstance(factor, Choices):
        return tune.choice(list(factor.values))
    if factor.whole:
        return (tune.lograndint if factor.log else tune.randint)(int(factor.low), int(factor.high) + 1)
    return (tune.loguniform if factor.log else tune.uniform)(factor.low, factor.high)


def _tune_config(job: Job, concurrent: int) -> Any:
    search = job.search
    chosen = {"search_alg": _optuna(search), "num_samples": search.samples} if not job.batches else {}
    if search.gives_up:
        chosen["scheduler"] = ASHAScheduler(
            time_attr=_TRAINED, max_t=1000, grace_period=1, reduction_factor=2
        )
    if chosen:
        chosen |= {"metric": search.metric, "mode": MODES[search.metric]}
    return tune.TuneConfig(max_concurrent_trials=concurrent, reuse_actors=True, **chosen)


def _optuna(search: Search) -> Any:
    try:
        return OptunaSearch(seed=search.seed)
    except (ImportError, AssertionError) as error:
        raise MoeiError("--searcher optuna needs Optuna: pip install 'moei_toolkit[optuna]'") from error
