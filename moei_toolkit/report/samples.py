"""A few pairs of a prepared set to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from PIL import Image

from moei_toolkit.data.records import Record
from moei_toolkit.report.blocks.slider import Slider, Version
from moei_toolkit.report.pictures import Picture, embed_image
from moei_toolkit.types import CLEAN

STRENGTHS = (0.0, 0.5, 1.0)
"""Places in the order of severities that pairs are shown of: the lightest, the middle, the heaviest."""
MOST = 40
"""Pairs on a page up to which every strength has two of them instead of one."""
LONGEST, QUALITY = 360, 75
"""Longer side of a thumbnail in pixels, and its JPEG quality."""


class Pixels(Protocol):
    """Where the pixels of records are."""

    def degraded(self, record: Record) -> np.ndarray:
        """Return the degraded pixels, (H, W, 3) uint8 RGB."""
        ...

    def clean(self, record: Record) -> np.ndarray:
        """Return the clean pixels, (H, W, 3) uint8 RGB."""
        ...


def sample_pairs(records: Sequence[Record], pixels: Pixels, degradations: int) -> list[Slider]:
    """Return light, middle and heavy pairs of one degradation, fewer where many share the page.

    Args:
        records: All of the degradation.
        pixels: Where they are.
        degradations: How many share the page.

    Raises:
        DataError: When an image cannot be read.
    """
    each = 2 if 2 * len(STRENGTHS) * degradations <= MOST else 1
    ordered = sorted(records, key=lambda record: (record.severity, record.id))
    starts = (round(strength * max(0, len(ordered) - each)) for strength in STRENGTHS)
    chosen = sorted({start + step for start in starts for step in range(min(each, len(ordered)))})
    return [_pair(ordered[at], pixels) for at in chosen]


def _pair(record: Record, pixels: Pixels) -> Slider:
    seen = "" if record.severity_estimate is None else f", estimated {record.severity_estimate:.2f}"
    return Slider(
        title=record.id,
        caption=f"severity {record.severity:.2f}{seen}; {record.width} x {record.height}; {record.split}",
        versions=[
            Version(record.degradation, "", _thumbnail(pixels.degraded(record))),
            Version(CLEAN, "", _thumbnail(pixels.clean(record))),
        ],
    )


def _thumbnail(pixels: np.ndarray) -> Picture:
    height, width = pixels.shape[:2]
    factor = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return embed_image(Image.fromarray(small), QUALITY)
