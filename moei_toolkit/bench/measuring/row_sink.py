"""What becomes of restored rows where nothing is written."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from moei_toolkit.io.images.pixels import quantise


def use_rows(rows: Iterable[tuple[int, np.ndarray]]) -> None:
    """Turn rows into the pixels of a file of 8 bits as they come, as a writer does, and drop them."""
    for _, part in rows:
        quantise(part, 8)
