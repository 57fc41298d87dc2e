"""A search from its plan to its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.cluster.session import ray_session
from moei_toolkit.config.search_space import Variant
from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
from moei_toolkit.io.disk import make_folder
from moei_toolkit.io.folder_lock import alone_in
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.running.store import StageStore
from moei_toolkit.report.markup import slug
from moei_toolkit.tuning.planning.batches import Batch, make_batches
from moei_toolkit.tuning.planning.plan import SearchPlan
from moei_toolkit.tuning.planning.search import Search, write_search
from moei_toolkit.tuning.planning.trial import make_trials
from moei_toolkit.tuning.planning.workflow import MAIN, Workflow
from moei_toolkit.tuning.running.job import Job
from moei_toolkit.tuning.running.outcome import Outcome, Progress, settle, there_now


@dataclass(frozen=True)
class Setting:
    """Where and how a search runs; nothing that its results depend on.

    Attributes:
        work_dir: Folder of the search, for plan.json and the results; on a cluster all nodes share it.
        concurrent: How many batches run at a time.
        address: Of a Ray cluster; this machine alone if None.
    """

    work_dir: Path
    concurrent: int = 1
    address: str | None = None


def plan_search(search: Search, workflow: Workflow = MAIN) -> SearchPlan:
    """Return what a search would do, as far as it is known beforehand.

    Raises:
        ConfigError: No variant can be run, and the first of those does not fit the config.
        PluginError: A component of the config as it is cannot be used.
    """
    found = make_trials(search.trial_config(), search.variants(), workflow)
    batches = make_batches(found.trials, workflow, alone=search.gives_up)
    store = StageStore(search.config.store_root)
    return SearchPlan(tuple(batches), found.impossible, store, search.chosen_later)


def run_search(
    search: Search, plan: SearchPlan, setting: Setting, reporter: Reporter, workflow: Workflow = MAIN
) -> Outcome:
    """Compute what a search needs and the store does not have.

    Args:
        search: What is searched; written to plan.json, so that it can go on after an interruption.
        plan: Of the search.
        setting: Where and how it runs.
        reporter: Told what is going on.
        workflow: What variants are run with.

    Raises:
        StoreError: The folder of the search cannot be written to, or another search runs there.
        ConfigError: There is no cluster at the address, or no Ray.
    """
    make_folder(setting.work_dir)
    with alone_in(setting.work_dir, _another_search(setting.work_dir)):
        return _run_alone(search, plan, setting, reporter, workflow)


def _another_search(work_dir: Path) -> StoreError:
    return StoreError(
        f"{work_dir}: another search runs there. Wait until it ends, or give another --work-dir."
    )


def _run_alone(
    search: Search, plan: SearchPlan, setting: Setting, reporter: Reporter, workflow: Workflow
) -> Outcome:
    store, trials, impossible = plan.store, plan.trials, dict(plan.impossible)
    before = there_now(store)
    write_search(setting.work_dir, search)
    left = [trial for trial in trials if not trial.is_done(store)]
    unfinished = make_batches(left, workflow, alone=search.gives_up)
    total = len(trials) + search.chosen_later
    progress = Progress(reporter, search.metric, total, before=len(trials) - len(left))

    def run(batches: Sequence[Batch]) -> list[Variant]:
        from moei_toolkit.tuning.running.engine import run_batches  # imports Ray

        variants = tuple(tuple(trial.variant for trial in batch) for batch in batches)
        planned = {trial.name: trial.fingerprint for trial in plan.trials}
        job = Job(search, variants, planned, store.root.absolute(), Path.cwd(), workflow)
        return run_batches(job, setting.work_dir, setting.concurrent, progress)

    if unfinished or search.adapts:
        with ray_session(setting.address):
            # Without the config as it is nothing can be compared, so that it is not given up.
            parts = (unfinished[:1], unfinished[1:]) if search.gives_up else (unfinished,)
            for part in filter(None, parts):
                run(part)
            if search.adapts:
                chosen = make_trials(search.trial_config(), run(()), workflow)
                trials += chosen.trials[1:]
                impossible |= chosen.impossible
    failures = {**impossible, **progress.failures}
    return settle(trials, failures, before, store, search.gives_up)


@dataclass(frozen=True)
class Written:
    """What a search has left for people.

    Attributes:
        files: All of it.
        failed: Name of a variant -> why there is no result of it.
    """

    files: tuple[Path, ...]
    failed: Mapping[str, str]


def report_search(search: Search, outcome: Outcome, work_dir: Path, store: StageStore) -> Written:
    """Judge what is finished, and write the results, as JSON, CSV, Markdown, HTML and more.

    Args:
        search: What was searched.
        outcome: What became of it.
        work_dir: Where the results go.
        store: Where the trials are.

    Raises:
        MoeiError: The config as it is was not finished, or cannot be judged.
        StoreError: The results cannot be written.
    """
    from moei_toolkit.report.tables.table import as_markdown
    from moei_toolkit.tuning.showing.best import BEST_FILE, best_config
    from moei_toolkit.tuning.showing.page import headline_of, render_search, tables_of
    from moei_toolkit.tuning.showing.results import as_json, derive_results
    from moei_toolkit.tuning.showing.tables import variants_csv
    from moei_toolkit.tuning.showing.tensorboard import FOLDER, write_tensorboard

    results = derive_results(search, outcome, store)
    headline, name = headline_of(results), slug(search.space.name)
    texts = {
        f"{name}.csv": variants_csv(results),
        f"{name}.md": "\n".join(
            [
                f"# {headline.title}\n",
                f"{headline.finding} {headline.note}\n",
                *map(as_markdown, tables_of(results)),
            ]
        ),
        f"{name}.html": render_search(results),
        BEST_FILE: best_config(results, work_dir),
    }
    atomic_write_json(work_dir / f"{name}.json", as_json(results))
    for file, text in texts.items():
        atomic_write_text(work_dir / file, text)
    write_tensorboard(results, work_dir / FOLDER)
    files = tuple(work_dir / file for file in (f"{name}.json", *texts, FOLDER))
    return Written(files, results.failed)
