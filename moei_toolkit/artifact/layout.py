"""What lies where in an artifact, and what of a run it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from moei_toolkit.artifact.sums import ROW_SUMS
from moei_toolkit.config.schema import Config
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.data.storage.pixel_store import SOURCES_NAME
from moei_toolkit.io.run_record import RECORD
from moei_toolkit.pipeline.chain import DATA, EVALUATE, make_chain
from moei_toolkit.pipeline.judging.showing import PICTURES_FOLDER

CONFIG, ENVIRONMENT, CARD = "config.py", "environment.json", "MODEL_CARD.md"
SCRIPTS_FOLDER = "scripts"
SCRIPTS = ("reproduce_main.sh", "reproduce_ablations.sh", "reproduce_cost.sh")
FILES = frozenset(
    {CONFIG, RECORD, ENVIRONMENT, CARD, ROW_SUMS, *(f"{SCRIPTS_FOLDER}/{name}" for name in SCRIPTS)}
)
"""What is listed in SHA256SUMS beside the files of the stages."""

LOGS = "logs"
"""Folder of a training's logs: their names and contents tell the machine they were written on."""

LEFT_OUT = {
    "pixels": f"{DATA}/{STORE_NAME}, which is made again from its sources, and {DATA}/{SOURCES_NAME}, which "
    "says where prepared data lie; their hashes are in the manifest",
    "pictures": f"{EVALUATE}/{PICTURES_FOLDER}/, which the page shows; their hashes are in the manifest",
    "logs": f"{LOGS}/ of every training, which name the machine; its history.json is there",
}
"""What of a run is not packed, and why."""


def is_log(name: str) -> bool:
    """Tell whether a file of a stage is a log: of these, not even the name is packed."""
    return name.startswith(f"{LOGS}/")


def is_left_out(stage: str, name: str) -> bool:
    """Tell whether a file of a stage is not packed."""
    pixels = stage == DATA and name in (STORE_NAME, SOURCES_NAME)
    pictures = stage == EVALUATE and name.startswith(f"{PICTURES_FOLDER}/")
    return pixels or pictures or is_log(name)


def stage_path(stage: str) -> str:
    """Return the folder of a stage, relative to the artifact."""
    return f"stages/{stage}"


def stage_folders(folder: Path, config: Config) -> Mapping[str, Path]:
    """Return the folder of every stage of an unpacked artifact, whatever its record says about places."""
    return {stage.name: folder / stage_path(stage.name) for stage in make_chain(config)}
