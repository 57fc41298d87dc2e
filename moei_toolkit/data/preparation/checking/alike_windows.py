"""Where to look closely at a large pair: windows in which both pictures show the same things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

_MOST_WINDOWS = 5
_SIDE = 512

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Overlap:
    """What two pictures of one size share, when the second is shifted by whole pixels against the first.

    Attributes:
        shape: (H, W) of either picture.
        down: Rows of the shift.
        right: Columns of the shift.
    """

    shape: tuple[int, ...]
    down: int
    right: int

    def cut(self, first: np.ndarray, second: np.ndarray) -> Pair:
        """Cut both pictures, (H, W) or (H, W, C), to what they share."""
        height, width = self.shape
        kept = first[_kept(height, -self.down), _kept(width, -self.right)]
        return kept, second[_kept(height, self.down), _kept(width, self.right)]


def alike_windows(pair: Pair, small: Pair, scale: float) -> Iterator[Pair]:
    """Yield up to five windows of two overlapping pictures, those that are most alike first.

    Args:
        pair: Two pictures (H, W).
        small: The same two, reduced and flattened, (h, w).
        scale: H / h.
    """
    height, width = (min(_SIDE, side) for side in pair[0].shape)
    rows, columns = (
        min(round(long / scale), side) for long, side in zip((height, width), small[0].shape, strict=True)
    )
    likeness = cv2.blur(small[0] * small[1], (columns, rows))
    tops, lefts = (side - part + 1 for side, part in zip(small[0].shape, (rows, columns), strict=True))
    likeness = likeness[rows // 2 :, columns // 2 :][:tops, :lefts]  # by the upper left corner of a window
    for _ in range(_MOST_WINDOWS):
        row, column = (int(place) for place in np.unravel_index(np.argmax(likeness), likeness.shape))
        if likeness[row, column] <= 0:
            return
        top = min(round(row * scale), pair[0].shape[0] - height)
        left = min(round(column * scale), pair[0].shape[1] - width)
        window = slice(top, top + height), slice(left, left + width)
        yield pair[0][window], pair[1][window]
        likeness[_around(row, rows), _around(column, columns)] = 0.0


def _kept(side: int, shift: int) -> slice:
    return slice(max(0, shift), side + min(0, shift))


def _around(place: int, side: int) -> slice:
    """Return where another window would share more than half a side with the one that begins here."""
    return slice(max(0, place - side // 2), place + side // 2 + 1)
