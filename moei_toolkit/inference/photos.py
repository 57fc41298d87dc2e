"""Restored files from photographs on disk, each with a JSON file that says how it came about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moei_toolkit.errors import ImageError
from moei_toolkit.inference.restorer import Restorer, as_float_image
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.images import WRITABLE_SUFFIXES, collect_rows, read_image, write_image
from moei_toolkit.io.reporter import Reporter


def pair_paths(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Return every photograph with the file its restoration goes to.

    Args:
        source: A photograph, or a folder searched to the bottom.
        output: A file when ``source`` is one and this has a suffix, else a folder that mirrors ``source``.

    Raises:
        ImageError: If there is nothing to restore, or a restoration would replace its photograph.
    """
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if path.suffix.lower() in WRITABLE_SUFFIXES)
        pairs = [(path, output / path.relative_to(source)) for path in found if path.is_file()]
    else:
        is_file = output.suffix.lower() in WRITABLE_SUFFIXES and not output.is_dir()
        pairs = [(source, output if is_file else output / source.name)]
    if not pairs:
        raise ImageError(
            f"{source}: expected photographs ({', '.join(sorted(WRITABLE_SUFFIXES))}), found none"
        )
    for photo, target in pairs:
        if photo.resolve() == target.resolve():
            raise ImageError(
                f"{target}: the restored picture would replace the photograph; choose another output"
            )
    return pairs


def restore_photo(restorer: Restorer, source: Path, target: Path) -> dict[str, Any]:
    """Restore one file; write the picture, and beside it ``NAME.SUFFIX.json``.

    Bit depth, opacity, gray and colour profile are those of the photograph.

    Returns:
        The JSON: source, size, route, probabilities, confidence, abstained, seconds.

    Raises:
        ImageError: If the photograph cannot be read, or the target's format cannot hold it.
        StoreError: If the disk is full or read-only.
    """
    started = time.perf_counter()
    photo = read_image(source)
    x = as_float_image(photo.pixels)
    g = restorer.routed.describe(x)
    decision = restorer.decider.decide(g)
    rows = (
        (top, part.transpose(2, 0, 1)) for top, part in restorer.routed.restore_rows(x, decision.route, g)
    )
    pixels = collect_rows(rows, photo.height, photo.width, photo.bit_depth)
    write_image(target, pixels, photo)
    facts = {
        "source": source.name,
        "width": photo.width,
        "height": photo.height,
        "route": decision.route,
        "probabilities": dict(decision.probabilities),
        "confidence": decision.confidence,
        "abstained": decision.abstained,
        "seconds": round(time.perf_counter() - started, 3),
    }
    atomic_write_json(target.with_name(target.name + ".json"), facts)
    return facts


def restore_photos(
    restorer: Restorer, pairs: Sequence[tuple[Path, Path]], reporter: Reporter
) -> list[ImageError]:
    """Restore files one after the other, with progress.

    Returns:
        Why some photographs could not be read or written; they did not stop the others.
    """
    failures = []
    with reporter.progress(len(pairs), "restore") as progress:
        for source, target in pairs:
            try:
                facts = restore_photo(restorer, source, target)
            except ImageError as error:
                failures.append(error)
            else:
                found = f"{facts['route']}, confidence {facts['confidence']:.2f}, {facts['seconds']:.1f} s"
                reporter.info(f"{target}: {found}")
            progress.advance(1, source.name)
    return failures
