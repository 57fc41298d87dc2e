"""What becomes of restored rows where nothing is written."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from moei_toolkit.io.images import to_pixels

_PIECE = 32
"""Rows that become pixels at a time."""


def use_rows(rows: Iterable[tuple[int, np.ndarray]]) -> None:
    """Turn rows into the pixels of a file, a few at a time as a writer does, and drop them."""
    for _, part in rows:
        for top in range(0, len(part), _PIECE):
            to_pixels(part[top : top + _PIECE].transpose(2, 0, 1))
