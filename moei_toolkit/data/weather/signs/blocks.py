"""What rain and snow have in common: bright marks all over a picture, stronger than its own bright details.

Marks are measured as opacities. What covers a luminance y with opacity a by something nearly white adds
a (1 - y); divided by 1 - y, faint marks on a bright sky and strong ones on a dark wood count alike. Medians
over the blocks of a picture then tell what is all over it from what is only in parts of it.
"""

from __future__ import annotations

import cv2
import numpy as np

BLOCKS = 12
"""Blocks from top to bottom; they are square."""
BRIGHTEST = 1.03
"""What marks cover with, a little over white, so that nothing is divided by 0."""
FAINT = 0.002
"""Share of a block that counts as nothing."""


def over_blocks(values: np.ndarray) -> np.ndarray:
    """Return the mean of every block of (H, W) float32 values; a rest at the border is left out."""
    height, width = values.shape
    side = max(1, min(height // BLOCKS, width))
    rows, columns = height // side, width // side
    kept = np.ascontiguousarray(values[: rows * side, : columns * side])
    return cv2.resize(kept, (columns, rows), interpolation=cv2.INTER_AREA).ravel()


def share_over_blocks(opacity: np.ndarray, threshold: float) -> np.ndarray:
    """Return the share of every block that is covered with more than an opacity."""
    return over_blocks((opacity > threshold).astype(np.float32))


def median_excess(share: np.ndarray, rival: np.ndarray) -> float:
    """Return by how much shares exceed rival ones in the median block, as a square root."""
    return float(np.sqrt(np.median(np.maximum(share - rival, 0.0))))


def median_ratio(share: np.ndarray, rival: np.ndarray) -> float:
    """Return the logarithm of shares over rival ones in the median block."""
    return float(np.median(np.log((share + FAINT) / (rival + FAINT))))
