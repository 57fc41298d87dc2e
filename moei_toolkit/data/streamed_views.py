"""The views of an image that is read while it is used; see `moei_toolkit.data.views` for one in memory."""

from __future__ import annotations

import cv2
import numpy as np

from moei_toolkit.data.views import grow_overview, probe_positions, to_planes
from moei_toolkit.io.pixel_source import PixelSource

STRIP = 64
"""Rows read at a time: those of a wide image are large."""


def read_views(
    source: PixelSource, overview_size: int, probe_size: int, probes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Read an image once and return what `make_overview` and `make_probes` would, to rounding.

    Args:
        source: The image.
        overview_size: Side of the overview.
        probe_size: Side of a probe.
        probes: Number of probes.

    Returns:
        Overview (3, S, S) and probes (P, 3, s, s), float32 in [0, 1].
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
        rows: Of the areas.
        columns: Of the areas.
    """

    def __init__(self, height: int, rows: int, columns: int) -> None:
        self._height = height
        self._sums = np.zeros((3, rows, columns))

    def add(self, top: int, strip: np.ndarray) -> None:
        """Take in the rows (h, W, 3) that begin at ``top``."""
        _, rows, columns = self._sums.shape
        shares = _area_shares(self._height, rows, top, top + len(strip))
        for channel in range(3):  # one at a time: floats of a strip of a large image are many
            plane = to_planes(strip[..., channel : channel + 1])[0]
            narrow = cv2.resize(plane, (columns, len(strip)), interpolation=cv2.INTER_AREA)
            self._sums[channel] += shares @ narrow

    @property
    def planes(self) -> np.ndarray:
        """(3, rows, columns) float32, once all rows are in."""
        return self._sums.astype(np.float32)


def _area_shares(length: int, parts: int, first: int, end: int) -> np.ndarray:
    """Return (parts, end - first): how much of each part, of equal length, those pixels make up."""
    edges = np.linspace(0, length, parts + 1)
    pixels = np.arange(first, end)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.clip(covered, 0, None) * (parts / length)


def _continued(pieces: np.ndarray, size: int) -> np.ndarray:
    below, beside = size - pieces.shape[2], size - pieces.shape[3]
    return np.pad(pieces, ((0, 0), (0, 0), (0, below), (0, beside)), mode="edge")
