"""Keeps a few images of each degradation to look at: the best, the median and the worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from moei_toolkit.data.records import Record
from moei_toolkit.evaluation.extremes import pick_extremes
from moei_toolkit.evaluation.rows import Row, by_policy
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.images.pixels import to_float
from moei_toolkit.io.images.writing import write_image
from moei_toolkit.pipeline.images import Images
from moei_toolkit.pipeline.measuring.measurement import Measured
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, INPUT, Decision

PICTURES_FOLDER, DECISION_FILE = "pictures", "decision.json"


@dataclass(frozen=True)
class Shown:
    """An image to look at.

    Attributes:
        pictures: ``"input"``, ``"dense"``, ``"actual"`` and ``"clean"`` -> (H, W, 3), float32 in [0, 1].
        decision: What was decided about it.
    """

    pictures: Mapping[str, np.ndarray]
    decision: Decision


def keep_pictures(
    runtime: EagerRuntime, images: Images, measured: Sequence[Measured], rows: Sequence[Row], out: Path
) -> None:
    """Restore the images worth seeing once more, and write every version of each.

    Args:
        runtime: Its routes are those that were decided among.
        images: Their pixels.
        measured: The images, in order.
        rows: What was decided about them, and how good it was.
        out: An existing folder.
    """
    names, actual = worth_seeing(rows), {row.id: row for row in rows if row.policy == ACTUAL}
    records = {record.id: record for record in images.records}
    chosen = [image for image in measured if image.id in names]
    for number, image in enumerate(chosen, start=1):
        row = actual[image.id]
        decision = Decision(row.route, row.probabilities, row.confidence, row.abstained)
        shown = show(runtime, images, records[image.id], image.g.numpy(), decision)
        # Ids are a stranger's: they may hold slashes and dots, or be longer than a name of a file.
        save_pictures(out / PICTURES_FOLDER / f"{number:03d}", shown, image.id, names[image.id])


def show(runtime: EagerRuntime, images: Images, record: Record, g: np.ndarray, decision: Decision) -> Shown:
    """Return the versions of an image that a person looks at, and what was decided about it."""
    degraded, clean = images.store.degraded(record), images.store.clean(record)
    pictures = {
        INPUT: to_float(degraded).transpose(1, 2, 0),
        DENSE: runtime.restore(degraded, DENSE, g),
        ACTUAL: runtime.restore(degraded, decision.route, g),
        CLEAN: to_float(clean).transpose(1, 2, 0),
    }
    return Shown(pictures, decision)


def worth_seeing(rows: Sequence[Row]) -> dict[str, str]:
    """Return id -> "best", "median" or "worst" of every degradation, by the gain of MoE-I over dense."""
    judged = by_policy(rows)
    gains = [
        (row.id, row.degradation, row.metrics["psnr"] - judged[row.id, DENSE].metrics["psnr"])
        for row in rows
        if row.policy == ACTUAL
    ]
    return {image: name for found in pick_extremes(gains).values() for image, name in found.named().items()}


def save_pictures(folder: Path, shown: Shown, image: str, name: str) -> None:
    """Write the versions of an image into a folder, with its id and the decision as JSON.

    Args:
        folder: Made if it is not there.
        shown: The image.
        image: Its id.
        name: What it is kept as, for instance ``"best"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for version, pixels in shown.pictures.items():
        write_image(folder / f"{version}.jpg", pixels.transpose(2, 0, 1))
    atomic_write_json(folder / DECISION_FILE, {"id": image, "kept": name, **asdict(shown.decision)})
