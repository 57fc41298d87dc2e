"""The parts of a run or of a trained model, whichever lies in a folder."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.inference.parts import Parts
from moei_toolkit.inference.pretrained.loading import ModelParts
from moei_toolkit.inference.pretrained.record import is_model
from moei_toolkit.inference.run_loading import RunParts


def parts_in(folder: Path) -> Parts:
    """Find the parts of what lies in a folder, without opening any weights.

    Raises:
        StoreError: It is no run that got as far as its calibration, and no trained model.
        CheckpointError: If it is damaged, or of a kind this toolkit does not know.
        ConfigError: What it says does not fit.
    """
    return ModelParts.of(folder) if is_model(folder) else RunParts.of(folder)
