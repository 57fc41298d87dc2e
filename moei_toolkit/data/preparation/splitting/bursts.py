"""Photographs that one camera took within moments, and that show about the same: frames of a burst."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from moei_toolkit.data.preparation.checking.perceptual_hash import hash_from_text
from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.decoding.header import DECODE_ERRORS, opened_image

SECONDS = 2.0
"""Frames of a burst follow each other within so long."""
DISTANCE = 20
"""Their perceptual hashes differ in so many of 64 bits at most; those of other photographs differ in more."""

_Frame = tuple[datetime, int, int]
"""When it was taken, its place, and its perceptual hash."""
_MAKE, _MODEL, _EXIF, _TAKEN = 271, 272, 0x8769, 36867


def when_taken(path: Path) -> str:
    """Return camera and time of a photograph as its EXIF data say it; empty where they do not."""
    try:
        with opened_image(path) as image:
            exif = image.getexif()
            taken = str(exif.get_ifd(_EXIF).get(_TAKEN, "")).strip("\0 ")
            camera = " ".join(str(exif.get(tag, "")).strip("\0 ") for tag in (_MAKE, _MODEL))
    except (ImageError, *DECODE_ERRORS):
        return ""
    return f"{camera.strip()} at {taken}" if camera.strip() and _time(taken) else ""


def find_bursts(taken: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of frames of one burst, by their places in the order given.

    Another camera of the same model, or another view, may have come between the two.

    Args:
        taken: What :func:`when_taken` returned for each photograph, and its perceptual hash.
    """
    cameras: dict[str, list[_Frame]] = defaultdict(list)
    for index, (text, perceptual) in enumerate(taken):
        camera, _, time = text.rpartition(" at ")
        if camera and perceptual and (when := _time(time)):
            cameras[camera].append((when, index, int(hash_from_text(perceptual))))
    for frames in cameras.values():
        frames.sort()
        for number, (before, one, first) in enumerate(frames):
            for after, other, second in _following(frames, number):
                if (after - before).total_seconds() > SECONDS:
                    break
                if (first ^ second).bit_count() <= DISTANCE:
                    yield one, other


def _following(frames: list[_Frame], number: int) -> Iterator[_Frame]:
    return (frames[later] for later in range(number + 1, len(frames)))


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
