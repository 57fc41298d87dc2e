"""Pictures small enough to live inside a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from moei_toolkit.errors import ConfigError
from moei_toolkit.io.images.pixels import to_eight_bits
from moei_toolkit.io.images.reading import read_image

LONGEST = 960
"""Pixels of the longer side: enough for a telephone's full width and for a third of a screen's."""
LONGER_SIDES = (LONGEST, 720, 540, 360)
"""To try in turn where all pictures of a page are more than `MOST_CHARACTERS`."""
MOST_CHARACTERS = 12_000_000
"""Of all pictures of a page, which shall open at once."""
QUALITY = 85
"""Of JPEG, in [1, 95]."""


@dataclass(frozen=True)
class Picture:
    """A picture as text.

    Attributes:
        source: A ``data:`` address that holds it.
        width: In pixels.
        height: In pixels.
    """

    source: str
    width: int
    height: int


def embed_picture(path: Path, longest: int = LONGEST, quality: int = QUALITY) -> Picture:
    """Return a photograph as a JPEG of bounded size; the same file gives the same bytes.

    It is never enlarged. Opacity and colour profile are left out.

    Args:
        path: A file that `read_image` can read.
        longest: Pixels of the longer side, at most.
        quality: Of JPEG, in [1, 95].

    Raises:
        ConfigError: If ``longest`` or ``quality`` is out of range.
        ImageError: If the file cannot be read.
    """
    if longest < 1 or not 1 <= quality <= 95:
        raise ConfigError(f"expected longest >= 1 and quality in [1, 95], got {longest} and {quality}")
    image = Image.fromarray(to_eight_bits(read_image(path).pixels))
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return embed_image(image, quality)


def embed_image(image: Image.Image, quality: int = QUALITY) -> Picture:
    """Return an image as a JPEG; equal pixels give the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(f"data:image/jpeg;base64,{encoded}", image.width, image.height)
