"""From pixels to what a record says of them."""

from __future__ import annotations

import numpy as np

from moei_toolkit.data.preparation.results import Seen
from moei_toolkit.io.images.pixels import hash_pixels


def see(
    name: str,
    degradation: str,
    severity: float,
    estimate: float | None,
    pixels: np.ndarray,
    clean_key: str,
    shift: float | None = None,
) -> Seen:
    """Return what is to be known of an image.

    Args:
        name: Its id, and the key of its pixels.
        degradation: Its task, or "clean".
        severity: In [0, 1].
        estimate: Severity by the pixels; None where nobody can tell.
        pixels: (H, W, 3) uint8 RGB.
        clean_key: Key of the clean pixels that belong to it.
        shift: Pixels that its file is shifted by against the clean one; None where nobody knows.
    """
    height, width = pixels.shape[:2]
    return Seen(
        id=name,
        degradation=degradation,
        severity=round(severity, 6),
        severity_estimate=None if estimate is None else round(estimate, 6),
        width=width,
        height=height,
        hash=hash_pixels(pixels),
        clean_key=clean_key,
        shift=None if shift is None else round(shift, 3),
    )
