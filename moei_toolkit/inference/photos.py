"""Restored files from photographs on disk, each with a JSON file that says how it came about."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moei_toolkit.errors import DataError, ImageError, MoeiError, StoreError
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.images import WRITABLE_SUFFIXES, collect_rows, read_image, require_writable, write_image
from moei_toolkit.io.reporter import Reporter


def pair_paths(source: Path, output: Path) -> list[tuple[Path, Path]]:
    """Return every photograph with the file its restoration goes to.

    Args:
        source: A photograph, or a folder searched to the bottom, except where the output lies in it.
        output: A file when ``source`` is one and this has a suffix, else a folder that mirrors ``source``.

    Raises:
        ImageError: If there is nothing to restore, a restoration would replace its photograph, or the
            output names a file that cannot be written.
    """
    if not source.exists():
        raise ImageError(f"{source}: there is no such photograph or folder")
    if source.is_dir():
        pairs = [(path, output / path.relative_to(source)) for path in _photos_below(source, output)]
    else:
        pairs = [(source, output if _names_a_file(output) else output / source.name)]
    if not pairs:
        raise ImageError(
            f"{source}: expected photographs ({', '.join(sorted(WRITABLE_SUFFIXES))}), found none"
        )
    photos = {photo.resolve() for photo, _ in pairs}
    for _, target in pairs:
        if target.resolve() in photos:
            raise ImageError(
                f"{target}: the restored picture would replace a photograph; choose another output"
            )
    return pairs


def _photos_below(source: Path, output: Path) -> list[Path]:
    """Return the photographs of a folder, without those that an earlier run may have left in it."""
    found = (path for path in source.rglob("*") if path.suffix.lower() in WRITABLE_SUFFIXES)
    left = output.resolve() if source.resolve() in output.resolve().parents else None
    return sorted(path for path in found if not path.is_dir() and left not in path.resolve().parents)


def _names_a_file(output: Path) -> bool:
    if output.is_dir() or not output.suffix:
        return False
    if output.suffix.lower() not in WRITABLE_SUFFIXES:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise ImageError(f"{output}: cannot write a {output.suffix} file; supported: {known}, or a folder")
    return True


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
    require_writable(target, photo)
    g = restorer.routed.describe(photo.pixels)
    decision = restorer.decider.decide(g)
    rows = (
        (top, part.transpose(2, 0, 1))
        for top, part in restorer.routed.restore_rows(photo.pixels, decision.route, g)
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
) -> list[MoeiError]:
    """Restore files one after the other, with progress.

    Returns:
        Why some photographs could not be read, restored or written. They did not stop the others, except
        for the last when the disk refused it.
    """
    failures: list[MoeiError] = []
    with reporter.progress(len(pairs), "restore") as progress:
        for source, target in pairs:
            try:
                facts = restore_photo(restorer, source, target)
            except DataError as error:
                failures.append(error)
            except StoreError as error:  # the next one would fare no better
                failures.append(error)
                break
            except OSError as error:
                failures.append(ImageError(f"{target}: {error.strerror or error}"))
            except MemoryError:
                failures.append(ImageError(f"{source}: not enough memory to hold it; restore it in parts"))
            else:
                found = f"{facts['route']}, confidence {facts['confidence']:.2f}, {facts['seconds']:.1f} s"
                reporter.info(f"{target}: {found}")
            progress.advance(1, source.name)
    return failures
