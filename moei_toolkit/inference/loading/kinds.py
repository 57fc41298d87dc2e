"""What a folder holds that photographs can be restored with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from moei_toolkit.errors import StoreError
from moei_toolkit.io.run_record import RECORD as RUN

Kind = Literal["run", "model", "bundle"]
"""A run, a trained model, or a bundle of graphs."""


def kind_of(folder: Path) -> Kind:
    """Tell what a folder claims to be, without checking it.

    Raises:
        StoreError: There is nothing of the kind.
    """
    from moei_toolkit.inference.export.record import is_bundle
    from moei_toolkit.inference.pretrained.record import is_model
    from moei_toolkit.inference.pretrained.shipped import SHIPPED

    if is_bundle(folder):
        return "bundle"
    if is_model(folder):
        return "model"
    if (folder / RUN).is_file():
        return "run"
    found = "is a file" if folder.is_file() else "holds none" if folder.is_dir() else "is not there"
    hint = f" --model {folder} means the model of the toolkit." if str(folder) in SHIPPED else ""
    raise StoreError(
        f"{folder} {found}: expected the folder of a run made by tools/train.py ({RUN}), or of a trained "
        f"model (config.json) or a bundle (bundle.json) made by tools/export.py.{hint}"
    )
