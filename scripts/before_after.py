"""Draws photographs of 3840x2160 before and after the model of the toolkit: docs/pictures/before_after.jpg.

A column for each: the photograph, restored, and the middle of both at its own size. They are from the
prepared set `reference_test`, whose photographs the model has not learnt from.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from moei_toolkit.cli import run_main
from moei_toolkit.data.records import RECORDS_NAME, read_records
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.errors import DataError, did_you_mean
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.atomic import atomic_path
from moei_toolkit.io.images.pixels import quantise

SHOWN = ("lichen-branches-rain-1", "red-maple-haze-0", "bamboo-snow-2")
WIDTH, HEIGHT, GAP = 480, 270, 8


def main(argv: Sequence[str]) -> int:
    """Draw the picture; prints how each photograph was restored, and how long that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/prepared/reference_test"))
    parser.add_argument("--show", nargs="+", default=SHOWN, metavar="ID", help="images of the set")
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/pictures/before_after.jpg"))
    given = parser.parse_args(argv)
    picture = beside(
        above(cells(before, after)) for before, after in before_and_after(given.data, given.show)
    )
    with atomic_path(given.out) as temporary:
        picture.save(temporary, "JPEG", quality=88)
    return 0


def before_and_after(data: Path, ids: Sequence[str]) -> Iterator[tuple[Image.Image, Image.Image]]:
    """Restore images of a prepared set."""
    restorer, store = Restorer.from_pretrained(), PixelStore(data)
    records = {record.id: record for record in read_records(data / RECORDS_NAME)}
    for name in ids:
        if name not in records:
            raise DataError(f"{data}: has no image {name!r}. {did_you_mean(name, records)}")
    for name in ids:
        degraded = store.degraded(records[name])
        restored = restorer.restore(degraded)
        decision, seconds = restored.decision, sum(restored.seconds.values())
        sys.stdout.write(f"{name}: {decision.route}, confidence {decision.confidence:.2f}, {seconds:.1f} s\n")
        yield Image.fromarray(degraded), Image.fromarray(quantise(restored.image, 8))


def cells(before: Image.Image, after: Image.Image) -> list[Image.Image]:
    """Return both pictures as a whole, then the middle of both at its own size."""
    left, top = (before.width - WIDTH) // 2, (before.height - HEIGHT) // 2
    middle = (left, top, left + WIDTH, top + HEIGHT)
    whole = [ImageOps.fit(picture, (WIDTH, HEIGHT), Image.Resampling.LANCZOS) for picture in (before, after)]
    return [*whole, before.crop(middle), after.crop(middle)]


def above(pictures: Sequence[Image.Image]) -> Image.Image:
    """Put pictures of the same width one above the other."""
    return Image.fromarray(np.vstack([ImageOps.expand(picture, GAP, "white") for picture in pictures]))


def beside(pictures: Iterable[Image.Image]) -> Image.Image:
    """Put pictures of the same height side by side."""
    return Image.fromarray(np.hstack([np.asarray(picture) for picture in pictures]))


if __name__ == "__main__":
    run_main(main)
