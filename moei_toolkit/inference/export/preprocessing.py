"""What happens to pixels around the graphs, for whoever runs them without the toolkit."""

from __future__ import annotations

from typing import Any

import numpy as np

from moei_toolkit.data.views import SPREAD
from moei_toolkit.inference.guide import CELLS, LONGEST

DESCRIPTION: dict[str, Any] = {
    "pixels": "RGB, upright, channels first, float32: integers divided by their largest value, no mean taken",
    "largest": {"uint8": int(np.iinfo(np.uint8).max), "uint16": int(np.iinfo(np.uint16).max)},
    "scope": "global: views are taken of the whole image; local: of the square of probe_size in its middle, "
    "which begins at half of what is left above and beside it, rounded down",
    "overview": "the whole image as a square of overview_size, its proportions given up: averaged over areas "
    "where a side is longer, then bilinear where it is shorter",
    "probes": "squares of probe_size at full resolution; probe n of 0, 1, ... begins at row "
    "round(((0.5 + n * spread[0]) mod 1) * (height - probe_size)) and column "
    "round(((0.5 + n * spread[1]) mod 1) * (width - probe_size)); a smaller image is continued by its last "
    "row and column",
    "spread": list(SPREAD),
    "decision": "probabilities of the logits by the calibration; the most probable expert, or dense where "
    "its probability, or the score of the abstention if there is one, is below the threshold",
    "tiles": "a side of tile or less is one; else, with step the largest multiple of align up to tile - "
    "overlap, quarter that up to tile / 4 (at least align) and n = ceil((side - tile) / step), n of them, "
    "tile long, begin every step; one more ends at the border: as long as the least multiple of quarter "
    "that is not below side - n * step and tile / 2, at most tile, less what its beginning lacks to a "
    "multiple of align. What a tile lacks to multiples of align is its last row or column repeated",
    "blending": "a tile counts 1, falling as sin^2(pi / 2 * (i + 0.5) / overlap) over the overlap towards a "
    "neighbour (window hann) or not at all (uniform), rows times columns, divided by the sum over all tiles",
    "guides": "where guides names the route, scale = its number / the short side of the image is below 1 and "
    f"no side is more than {LONGEST} times the other: the whole image, averaged over equal areas to "
    "(round(height * scale), round(width * scale)), is restored first and clipped; change is that less what "
    f"went in. A side of a tile has parts between round(linspace(0, side, min({CELLS}, side) + 1)). Before "
    "blending, a restored tile gets the mean of change (enlarged, bilinear, half-pixel centres) over each "
    "part, less what the network has changed there on average: bilinear between the middles of the parts, "
    "constant beyond the outer ones",
    "output": "clipped to [0, 1] after blending",
}
"""Sizes are those of the protocol."""
