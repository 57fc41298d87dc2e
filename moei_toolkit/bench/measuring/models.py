"""A trained model as what workers load."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from moei_toolkit.bench.measuring.subject import Model
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.export.record import read_bundle
from moei_toolkit.inference.loading.kinds import kind_of
from moei_toolkit.inference.loading.parts import Parts
from moei_toolkit.inference.loading.run import RunParts


def model_in(folder: Path, bundle: Path | None = None) -> Model:
    """Return what workers load of a trained model, or of a run that got as far as its calibration.

    Args:
        folder: Of either. A run has what it is compared with as well, if that is trained.
        bundle: Its exported bundle, if there is one.

    Raises:
        StoreError: If there is none, or the run is not that far.
    """
    if kind_of(folder) == "model":
        return Model(pretrained=str(folder.resolve()), bundle=_absolute(bundle))
    run = RunParts.of(folder)
    return model_of(run.architecture, run.folders.items(), bundle)


def model_of(config: Config, folders: Iterable[tuple[str, Path]], bundle: Path | None = None) -> Model:
    """Return the model of a run as plain values; paths become absolute, for workers may run elsewhere."""
    return Model(
        config.model_dump(mode="json"),
        {name: str(folder.resolve()) for name, folder in folders},
        bundle=_absolute(bundle),
    )


def require_bundle_of(parts: Parts, folder: Path, bundle: Path) -> None:
    """Check that a bundle was exported from what a run or a trained model holds now.

    That the weights of a model were rounded, its stages do not tell.

    Raises:
        ConfigError: If it was exported from another one, or before the run was trained again.
        StoreError: If there is no such bundle.
    """
    ours, theirs = parts.stages, read_bundle(bundle).stages
    for stage in (*ours, *theirs):
        if ours.get(stage) != theirs.get(stage):
            raise ConfigError(
                f"{bundle}: expected a bundle of {folder}, got one whose stage {stage!r} is another; "
                f"make one: tools/export.py --run {folder} -o BUNDLE"
            )


def _absolute(bundle: Path | None) -> str | None:
    return None if bundle is None else str(bundle.resolve())
