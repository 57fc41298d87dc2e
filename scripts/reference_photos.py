"""Divides photographs into those that the reference model learns from and those that test it.

Of the photographs of at least 3840x2160, in the order of their names, every second one is for testing:
reduced to cover 3840x2160, its middle. The others are written in three sizes: as they are, 1080 and 480
pixels high.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from PIL import Image, ImageOps

from moei_toolkit.io.atomic import atomic_path

SUFFIXES = {".jpg", ".jpeg", ".png"}
UHD = (3840, 2160)
HEIGHTS = {"hd": 1080, "sd": 480}


def main() -> int:
    """Divide a folder of photographs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, help="what get_uhd_photos.sh filled")
    parser.add_argument("out", type=Path, help="gets the folders test, uhd, hd and sd")
    given = parser.parse_args()
    files = sorted(file for file in given.photos.iterdir() if file.suffix.lower() in SUFFIXES)
    if not files:
        sys.exit(
            f"error: {given.photos}: expected photographs, found none; run scripts/get_uhd_photos.sh first"
        )
    large = [file for file in files if covers(file, UHD)]
    tested = set(large[::2])
    for file in files:
        if file in tested:
            write(middle(file), given.out / "test" / f"{file.stem}.png")
            continue
        copy(file, given.out / "uhd" / file.name)
        for name, height in HEIGHTS.items():
            write(reduced(file, height), given.out / name / f"{file.stem}.png")
    sys.stdout.write(f"{len(tested)} photographs to test on, {len(files) - len(tested)} to learn from\n")
    return 0


def covers(file: Path, size: tuple[int, int]) -> bool:
    """Tell whether a photograph is at least so wide and so high."""
    with Image.open(file) as image:
        return image.width >= size[0] and image.height >= size[1]


def middle(file: Path) -> Image.Image:
    """Return the middle of a photograph at 3840x2160."""
    with Image.open(file) as image:
        return ImageOps.fit(image.convert("RGB"), UHD, Image.Resampling.LANCZOS)


def reduced(file: Path, height: int) -> Image.Image:
    """Return a photograph at a height in pixels."""
    with Image.open(file) as image:
        width = round(image.width * height / image.height)
        return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


def write(image: Image.Image, path: Path) -> None:
    """Write a picture without loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        image.save(temporary, "PNG", compress_level=1)


def copy(file: Path, path: Path) -> None:
    """Copy a photograph as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        shutil.copyfile(file, temporary)


if __name__ == "__main__":
    sys.exit(main())
