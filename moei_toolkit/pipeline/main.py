"""The main job: from a config to a finished run."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from moei_toolkit.config.schema import Config
from moei_toolkit.data.preparation.prepared_set import PREPARED_NAME
from moei_toolkit.engine.process_group import ProcessGroup, SingleProcess
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.following import require_even_batches
from moei_toolkit.pipeline.running.run import RunResult, run_pipeline
from moei_toolkit.pipeline.running.store import StageStore


def run_main_job(
    config: Config,
    reporter: Reporter,
    first: str | None = None,
    only: str | None = None,
    until: str | None = None,
    dry_run: bool = False,
    group: ProcessGroup | None = None,
) -> RunResult:
    """Run the chain of a config; the arguments are those of :func:`run_pipeline`.

    When there is something to do, every component is built once before it begins.

    Raises:
        MoeiError: What :func:`run_pipeline` and :func:`rehearse` raise.
    """
    for folder in config.data.prepared:
        if not Path(folder, PREPARED_NAME).is_file():
            reporter.info(f"data.prepared: {folder} is not there yet; make it with tools/prepare_data.py")
    group = group or SingleProcess()
    require_even_batches(config, group)
    return run_pipeline(
        config,
        make_chain(config),
        StageStore(config.store_root),
        reporter,
        first,
        only,
        until,
        dry_run,
        rehearse=_rehearse,
        group=group,
    )


def _rehearse(config: Config) -> None:
    # Rehearsing imports torch, which finding nothing to do must not.
    import_module("moei_toolkit.pipeline.rehearsal").rehearse(config)
