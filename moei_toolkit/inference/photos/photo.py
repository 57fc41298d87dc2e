"""One photograph, from file to file, in three steps: open, restore, finish."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.errors import ImageError
from moei_toolkit.inference.guide import Guide
from moei_toolkit.inference.photos.record import require_no_other, source_facts
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.stopwatch import timed
from moei_toolkit.io.atomic import json_text
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.half_written import atomic_file, remove_abandoned
from moei_toolkit.io.images.photograph import Photograph, open_photograph
from moei_toolkit.io.images.restoration_record import record_path
from moei_toolkit.io.images.row_writer import RowWriter
from moei_toolkit.io.images.writing import require_writable
from moei_toolkit.io.text import printable

_LONGEST_NAME = 255
"""Bytes of a name that file systems hold."""


@dataclass(frozen=True)
class Opened:
    """A photograph that can be read and whose restoration can be written.

    Attributes:
        source: Its path, as it was given.
        photo: The photograph.
        target: The picture to be.
        facts: What tells whether the photograph is still the same.
        seconds: Spent so far, per hop.
    """

    source: Path
    photo: Photograph
    target: Path
    facts: dict[str, Any]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Restored:
    """A photograph whose rows are all restored, and maybe not yet all written.

    Attributes:
        writer: Writes them.
        target: The picture.
        facts: For the JSON.
        seconds: Spent so far, per hop.
    """

    writer: RowWriter
    target: Path
    facts: dict[str, Any]
    seconds: dict[str, float]


def restore_photo(restorer: Restorer, source: Path, target: Path, model: str | None = None) -> dict[str, Any]:
    """Restore one file; write the picture, and then beside it ``NAME.SUFFIX.json``.

    Bit depth, opacity, gray, colour profile and EXIF data are those of the photograph. Memory does not grow
    with the size of what can be streamed; see `open_photograph`.

    Args:
        restorer: Restores it.
        source: The photograph.
        target: The picture.
        model: What names the restorer and its settings in the JSON, so that the work is known to be done.

    Returns:
        The JSON: source, bytes, modified_ns, model, width, height, route, probabilities, confidence,
        abstained, tile (its side in pixels), usual_tile (what it would have been, had memory not run out),
        precision (what tiles were computed in), guide (its rows and columns, null without one), seconds per
        hop (open, describe, decide, restore, write: what is left of that after the last row; and total, their
        sum), and ms_per_megapixel, of the total.

    Raises:
        ImageError: If the photograph cannot be read, the target's format cannot hold it, or another file has
            the name of its JSON.
        StoreError: If the disk is full or read-only.
    """
    return finish(restore_opened(restorer, open_photo(source, target), model))


def open_photo(source: Path, target: Path) -> Opened:
    """Open a photograph, after which it can be restored; for the errors see `restore_photo`."""
    seconds: dict[str, float] = {}
    _require_names(source, target)
    require_no_other(target)
    with timed(seconds, "open"):
        photo = open_photograph(source)
        facts = source_facts(source)
        require_writable(target, photo)  # which decodes what is decoded whole
    return Opened(source, photo, target, facts, seconds)


def restore_opened(restorer: Restorer, opened: Opened, model: str | None = None) -> Restored:
    """Restore a photograph while what is restored is written; see `restore_photo`."""
    photo, target, seconds, runtime = opened.photo, opened.target, opened.seconds, restorer.runtime
    remove_abandoned(target)
    remove_abandoned(record_path(target))
    with timed(seconds, "describe"), photo.pixels() as pixels:
        g = runtime.describe(pixels)
    with timed(seconds, "decide"):
        decision = restorer.decider.decide(g, opened.source.as_posix())
    writer, tiles = RowWriter(target, photo, lambda: _drop_record(target)), [runtime.protocol.tile]
    try:
        with timed(seconds, "restore"):
            guide = _guide(runtime, photo, decision.route, g, tiles.append)
            with photo.pixels() as pixels:
                for top, rows in runtime.restore_rows(pixels, decision.route, g, tiles.append, guide):
                    writer.write(top, rows)
    except BaseException:
        writer.abandon()
        raise
    writer.end()
    facts = {
        **opened.facts,
        "model": model,
        "width": photo.width,
        "height": photo.height,
        "route": decision.route,
        "probabilities": dict(decision.probabilities),
        "confidence": decision.confidence,
        "abstained": decision.abstained,
        "tile": tiles[-1],
        "usual_tile": tiles[0],
        "precision": runtime.protocol.precision,
        "guide": guide and guide.size,
    }
    return Restored(writer, target, facts, seconds)


def finish(restored: Restored) -> dict[str, Any]:
    """Wait until a picture is written, then write its JSON and return it; see `restore_photo`."""
    seconds, facts = restored.seconds, restored.facts
    with timed(seconds, "write"):
        restored.writer.finish()
    total = sum(seconds.values())
    facts["seconds"] = {hop: round(spent, 4) for hop, spent in {**seconds, "total": total}.items()}
    facts["ms_per_megapixel"] = round(1e9 * total / (facts["width"] * facts["height"]), 2)
    with atomic_file(record_path(restored.target)) as file:
        file.write(json_text(facts).encode())
    return facts


def _drop_record(target: Path) -> None:
    """Remove the record of a picture that is about to be replaced: it must not speak of another one."""
    with disk_errors(record_path(target)):
        record_path(target).unlink(missing_ok=True)


def _require_names(source: Path, target: Path) -> None:
    """Refuse a name that no record can hold, and one that leaves no room for that of the record.

    The former are bytes of another encoding, as old cameras and archives write.
    """
    try:
        source.name.encode()
    except UnicodeEncodeError as error:
        raise ImageError(f"{printable(str(source))}: expected a name in UTF-8; rename it") from error
    longest = _LONGEST_NAME - len(record_path(target).name) + len(target.name)
    if len(os.fsencode(target.name)) > longest:
        raise ImageError(
            f"{target}: expected a name of at most {longest} bytes, for its record's is longer; rename it"
        )


def _guide(
    runtime: Runtime, photo: Photograph, route: str, g: np.ndarray, on_halved: Callable[[int], None]
) -> Guide | None:
    """Return the guide of a route that has one; only then the photograph is decoded for it."""
    if route not in runtime.protocol.guides:
        return None
    with photo.pixels() as pixels:
        return runtime.guide(pixels, route, g, on_halved)
