"""Rows of an image that is decoded while it is used."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


class RowWindow:
    """A `PixelSource` over strips that arrive from top to bottom; what lies above is forgotten.

    The rows last handed out are held, for the next may overlap them, and what is left of the last strip. Of
    a wide image that is much: who asks for more rows should have let go of those before.

    Args:
        height: Rows of the image.
        width: Columns of the image.
        strips: Arrays (h, W, ...) that together cover the image.
    """

    def __init__(self, height: int, width: int, strips: Iterator[np.ndarray]) -> None:
        self.height, self.width = height, width
        self._strips = strips
        self._held: list[tuple[int, np.ndarray]] = []
        self._top = self._end = 0

    def rows(self, top: int, bottom: int) -> np.ndarray:
        """Return rows; see `PixelSource`.

        Raises:
            ImageError: If the file turns out to be damaged.
            ValueError: If the rows lie outside the image, or begin above those of an earlier call; or if the
                strips end too early.
        """
        if not self._top <= top < bottom <= self.height:
            raise ValueError(f"rows {top} to {bottom} of {self.height} cannot follow row {self._top}")
        self._top = top
        for start, part in self._held:
            if start <= top and bottom <= start + len(part):
                return part[top - start : bottom - start]
        self._held = [(max(top, start), part[max(0, top - start) :].copy()) for start, part in self._held]
        self._held = self._gathered(top, bottom)
        return self._held[0][1]

    def _gathered(self, top: int, bottom: int) -> list[tuple[int, np.ndarray]]:
        """Return the rows, copied together strip by strip, and what is left below them."""
        rows = np.zeros(0)
        for start, part in self._parts():
            if not len(rows):
                rows = np.empty((bottom - top, *part.shape[1:]), part.dtype)
            inside, first = part[max(0, top - start) : bottom - start], max(0, start - top)
            rows[first : first + len(inside)] = inside
            if start + len(part) >= bottom:
                return [(top, rows), (bottom, part[bottom - start :])]
        raise ValueError(f"expected strips of {self.height} rows, they end at row {self._end}")

    def _parts(self) -> Iterator[tuple[int, np.ndarray]]:
        yield from self._held
        for strip in self._strips:
            self._end += len(strip)
            yield self._end - len(strip), strip
