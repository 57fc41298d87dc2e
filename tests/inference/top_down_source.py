"""An image that is read while it is used."""

from __future__ import annotations

import numpy as np


class TopDownSource:
    """The pixels of an array, which refuses to go back up, as a file does; notes the most rows asked for."""

    def __init__(self, pixels: np.ndarray) -> None:
        self._pixels = pixels
        self.height, self.width = pixels.shape[:2]
        self.reached = 0
        self.most = 0
        self.seen = np.zeros(self.height, bool)

    def rows(self, top: int, bottom: int) -> np.ndarray:
        assert self.reached <= top < bottom <= self.height, f"rows {top} to {bottom} after {self.reached}"
        self.reached, self.most = top, max(self.most, bottom - top)
        self.seen[top:bottom] = True
        rows = self._pixels[top:bottom].copy()
        rows.flags.writeable = False
        return rows
