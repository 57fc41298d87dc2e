"""A small trained model as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moei_toolkit.config.model import Model, Origin
from moei_toolkit.inference.loading.run import require_run
from moei_toolkit.inference.pretrained.writing import write_model

ORIGIN = Origin(toolkit="0.1.0", run="tiny", title="Tiny", seed=0, datasets=("toy",), stages={"dense": "abc"})


def make_model(folder: Path, run: Path, **options: Any) -> Model:
    """Write the model of a run that was calibrated, without a card."""
    folder.mkdir(parents=True)
    return write_model(folder, *require_run(run), ORIGIN, **options)
