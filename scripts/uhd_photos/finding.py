"""Photographs in an unpacked package, by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jpegs import find_jpegs

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.reading import read_image

PICTURES = frozenset({".jpg", ".jpeg", ".png"})
BUNDLE = ".edj"
"""Files of this kind hold one picture in several sizes, each as the plain bytes of a JPEG file."""


@dataclass(frozen=True)
class Found:
    """A picture that can be read.

    Attributes:
        file: Where it is now.
        width: In pixels.
        height: In pixels.
        origin: The packaged file it is from.
    """

    file: Path
    width: int
    height: int
    origin: Path

    def is_at_least(self, long: int, short: int) -> bool:
        """Tell whether its sides are as long."""
        return max(self.width, self.height) >= long and min(self.width, self.height) >= short


def find_photo(unpacked: Path, name: str) -> Found | None:
    """Return the largest picture of a name; None if there is none that can be read.

    A picture has a name when a folder on the way to it or the file itself, without suffix, is called so.
    """
    found = [
        read
        for path in sorted(unpacked.rglob("*"))
        if name in (*path.relative_to(unpacked).parts[:-1], path.stem)
        if path.is_file() and not path.is_symlink()
        if (read := _read(path)) is not None
    ]
    return max(found, key=lambda one: one.width * one.height, default=None)


def _read(path: Path) -> Found | None:
    """Return a packaged file as a picture; None if it is none."""
    file = _extract(path) if path.suffix == BUNDLE else path
    if file is None or file.suffix.lower() not in PICTURES:
        return None
    try:
        height, width = read_image(file).pixels.shape[:2]
    except ImageError:
        return None
    return Found(file, width, height, path)


def _extract(bundle: Path) -> Path | None:
    """Write the JPEG of most pixels in a bundle beside it; return None if it holds none."""
    data = bundle.read_bytes()
    largest = max(find_jpegs(data), default=None)
    if largest is None:
        return None
    _, start, end = largest
    picture = bundle.with_suffix(".jpg")
    picture.write_bytes(data[start:end])
    return picture
