"""The parts of a run or of a trained model, whichever lies in a folder."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.loading.kinds import kind_of
from moei_toolkit.inference.loading.parts import Parts
from moei_toolkit.inference.loading.run import RunParts
from moei_toolkit.inference.pretrained.loading import ModelParts


def parts_in(folder: Path) -> Parts:
    """Find the parts of the run or the trained model in a folder.

    Raises:
        StoreError: There is neither, or the run has not got as far as its calibration.
        CheckpointError: If it is damaged, or of a kind this toolkit does not know.
        ConfigError: What it says does not fit, or it is a bundle, which holds graphs alone.
    """
    kind = kind_of(folder)
    if kind == "bundle":
        raise ConfigError(
            f"{folder} is a bundle: expected the run or the trained model that it was exported from"
        )
    return ModelParts.of(folder) if kind == "model" else RunParts.of(folder)
