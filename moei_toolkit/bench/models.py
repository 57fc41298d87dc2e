"""The model of a finished run, as what workers load."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from moei_toolkit.bench.subject import Model
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.export.record import read_bundle
from moei_toolkit.inference.run_loading import require_run
from moei_toolkit.io.run_record import read_run, stage_folder


def model_of_run(work_dir: Path, bundle: Path | None = None) -> Model:
    """Return the model of a run that got as far as its calibration, with what it is compared with if trained.

    Args:
        work_dir: Folder of the run.
        bundle: Its exported bundle, if there is one.

    Raises:
        StoreError: If the run is missing or not that far.
    """
    config, folders = require_run(work_dir)
    record = read_run(work_dir)
    rivals = {name: stage_folder(work_dir, record, name) for name in config.rivals if name in record.stages}
    return model_of(config, {**folders, **rivals}.items(), bundle)


def model_of(config: Config, folders: Iterable[tuple[str, Path]], bundle: Path | None = None) -> Model:
    """Return a model as plain values; paths become absolute, for workers may run elsewhere."""
    return Model(
        config.model_dump(mode="json"),
        {name: str(folder.resolve()) for name, folder in folders},
        None if bundle is None else str(bundle.resolve()),
    )


def require_bundle_of(work_dir: Path, bundle: Path) -> None:
    """Check that a bundle was exported from what a run holds now.

    Raises:
        ConfigError: If it was exported from another run, or before the run was trained again.
        StoreError: If there is no such run or bundle.
    """
    stages = {name: result.fingerprint for name, result in read_run(work_dir).stages.items()}
    for stage, fingerprint in read_bundle(bundle).stages.items():
        if stages.get(stage) != fingerprint:
            raise ConfigError(
                f"{bundle}: expected a bundle of {work_dir}, got one whose stage {stage!r} is another; "
                "export the run with tools/export.py"
            )
