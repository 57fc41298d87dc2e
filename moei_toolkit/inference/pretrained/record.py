"""What lies in the folder of a trained model, and what its ``config.json`` says."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.config.loader import validate_model
from moei_toolkit.config.model import FORMAT, VERSION, Model
from moei_toolkit.io.json_file import glance_at
from moei_toolkit.io.versioned_json import read_versioned

RECORD, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"
FILES = (RECORD, WEIGHTS, CARD)
"""Everything in it; the names are those that hubs look for."""

BACKBONE, ROUTER = "backbone.", "router."
"""What the names of tensors begin with; see also `expert_prefix`."""


def expert_prefix(name: str) -> str:
    """Return what the names of an expert's tensors begin with."""
    return f"experts.{name}."


def is_model(folder: Path) -> bool:
    """Tell whether a folder claims to be a trained model."""
    return (folder / RECORD).is_file() or (folder / WEIGHTS).is_file()


def is_written(folder: Path) -> bool:
    """Tell whether an export of this toolkit wrote a folder, whatever has become of it since."""
    return bool(glance_at(folder / RECORD).get("format") == FORMAT)


def read_model(folder: Path) -> Model:
    """Read what a trained model says about itself, without opening its weights.

    Raises:
        StoreError: There is no model.
        CheckpointError: It is damaged, or of a kind this toolkit does not know.
        ConfigError: What it says does not fit; with one line per problem.
    """
    path = folder / RECORD
    writer = "what tools/export.py --format weights writes"
    found = read_versioned(path, "model of this toolkit", FORMAT, VERSION, writer, "Get the model again")
    return validate_model(found, str(path))
