"""The views of an image that is read once, from top to bottom."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.data.views import grow_overview, probe_positions
from moei_toolkit.io.images.pixel_source import PixelSource
from moei_toolkit.io.images.pixels import full_scale, to_planes

STRIP = 64
"""Rows read at a time: those of a wide image are large."""


def read_views(
    source: PixelSource, overview_size: int, probe_size: int, probes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Read an image once and return all of it, small, and crops at native resolution.

    Args:
        source: The image.
        overview_size: Side of the overview.
        probe_size: Side of a probe.
        probes: Number of probes.

    Returns:
        Overview (3, S, S), that of `make_overview` to rounding, and probes (P, 3, s, s), float32 in [0, 1];
        an image smaller than a probe is continued by its border.
    """
    height, width = source.height, source.width
    overview = _Means(height, min(overview_size, height), min(overview_size, width))
    places = probe_positions(height, width, probe_size, probes)
    seen_height, seen_width = min(probe_size, height), min(probe_size, width)
    pieces = np.zeros((probes, 3, seen_height, seen_width), np.float32)
    for top in range(0, height, STRIP):
        strip = source.rows(top, min(top + STRIP, height))
        bottom = top + len(strip)
        overview.add(top, strip)
        for piece, (first, left) in zip(pieces, places, strict=True):
            begin, end = max(first, top), min(first + seen_height, bottom)
            if begin < end:
                part = strip[begin - top : end - top, left : left + seen_width]
                piece[:, begin - first : end - first] = to_planes(part)
    return grow_overview(overview.planes, overview_size), _continued(pieces, probe_size)


def read_reduced(source: PixelSource, rows: int, columns: int) -> np.ndarray:
    """Read an image once and return the means over equal areas of it: (3, rows, columns), float32."""
    means = _Means(source.height, rows, columns)
    for top in range(0, source.height, STRIP):
        means.add(top, source.rows(top, min(top + STRIP, source.height)))
    return means.planes


class _Means:
    """Means over equal areas of an image that comes strip by strip.

    Args:
        height: Of the image.
        rows: Of the areas, at most as many as the image has.
        columns: Of the areas, likewise.
    """

    def __init__(self, height: int, rows: int, columns: int) -> None:
        self._height = height
        self._means = np.zeros((rows, columns, 3))

    def add(self, top: int, strip: np.ndarray) -> None:
        """Take in the rows (h, W, 3) that begin at ``top``."""
        rows, columns, _ = self._means.shape
        bottom = top + len(strip)
        seen = slice(top * rows // self._height, -(-bottom * rows // self._height))
        # Rows are summed before there are floats of them: there are few sums.
        sums = [self._sum(strip, area, top, bottom) for area in range(seen.start, seen.stop)]
        narrow = cv2.resize(np.stack(sums), (columns, len(sums)), interpolation=cv2.INTER_AREA)
        self._means[seen] += narrow * (rows / self._height / full_scale(strip))

    def _sum(self, strip: np.ndarray, area: int, top: int, bottom: int) -> np.ndarray:
        """Return (W, 3), the sum of the rows of an area that a strip has; those on edges count in part."""
        rows = len(self._means)
        first = max(area * self._height, top * rows) - top * rows  # in parts of a row, to be exact
        end = min((area + 1) * self._height, bottom * rows) - top * rows
        whole = slice(-(-first // rows), end // rows)
        total = np.add.reduce(strip[whole], 0, np.float32)
        if above := -first % rows:
            total += strip[whole.start - 1] * np.float32(above / rows)
        if below := end % rows:
            total += strip[whole.stop] * np.float32(below / rows)
        return total

    @property
    def planes(self) -> np.ndarray:
        """(3, rows, columns) float32, once all rows are in."""
        return np.ascontiguousarray(self._means.transpose(2, 0, 1), np.float32)


def _continued(pieces: np.ndarray, size: int) -> np.ndarray:
    below, beside = size - pieces.shape[2], size - pieces.shape[3]
    return np.pad(pieces, ((0, 0), (0, 0), (0, below), (0, beside)), mode="edge")
