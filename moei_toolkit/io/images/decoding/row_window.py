"""Rows of an image that is decoded while it is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np


class RowWindow:
    """A `PixelSource` over strips that arrive from top to bottom; what lies above is forgotten.

    Args:
        height: Rows of the image.
        width: Columns of the image.
        strips: Arrays (h, W, ...) that together cover the image.
    """

    def __init__(self, height: int, width: int, strips: Iterator[np.ndarray]) -> None:
        self.height, self.width = height, width
        self._strips = strips
        self._held: deque[tuple[int, np.ndarray]] = deque()
        self._top = self._end = 0

    def rows(self, top: int, bottom: int) -> np.ndarray:
        """Return rows; see `PixelSource`.

        Raises:
            ImageError: If the file turns out to be damaged.
            ValueError: If the rows lie outside the image, or begin above those of an earlier call.
        """
        if not self._top <= top < bottom <= self.height:
            raise ValueError(f"rows {top} to {bottom} of {self.height} cannot follow row {self._top}")
        self._top = top
        self._forget()
        while self._end < bottom:
            strip = next(self._strips)
            self._held.append((self._end, strip))
            self._end += len(strip)
            self._forget()
        parts = [strip[max(0, top - start) : bottom - start] for start, strip in self._held if start < bottom]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _forget(self) -> None:
        while self._held and self._held[0][0] + len(self._held[0][1]) <= self._top:
            self._held.popleft()
