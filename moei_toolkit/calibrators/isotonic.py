"""Isotonic regression: the rising curve that fits best, for each expert against all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.fitting import checked_sample, finite_list, require_experts
from moei_toolkit.calibrators.one_versus_rest import hits, scaled
from moei_toolkit.calibrators.softmax import softmax

Curve = tuple[np.ndarray, np.ndarray]
"""Probabilities of the router, rising, and what they become; straight between them, level beyond them."""


class Isotonic(Calibrator):
    """A rising curve of least squares for each expert against all others, then scaled to sum to 1.

    Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass probability estimates", KDD
    2002, over the router's own softmax. It assumes nothing but the order, and so takes hundreds of images;
    curves have level parts, where experts may tie, and the first one is chosen.

    Attributes:
        curves: K; none before :meth:`fit`, when probabilities are the router's own.
    """

    def __init__(self) -> None:
        self.curves: Sequence[Curve] = ()

    def fit(self, logits: np.ndarray, targets: np.ndarray) -> None:
        """Set the curves; see `Calibrator.fit`."""
        logits, targets = checked_sample(logits, targets)
        columns = zip(softmax(logits).T, hits(targets, logits.shape[1]).T, strict=True)
        self.curves = [fit_rising(*column) for column in columns]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Return the scaled heights of the curves, (N, K)."""
        own = softmax(np.asarray(logits, np.float64))
        if not self.curves:
            return own
        require_experts(own, len(self.curves))
        heights = [np.interp(column, *curve) for column, curve in zip(own.T, self.curves, strict=True)]
        return scaled(np.stack(heights, 1))

    def state(self) -> dict[str, object]:
        """Return the corners of every curve."""
        return {"curves": [[own.tolist(), heights.tolist()] for own, heights in self.curves]}

    def load_state(self, state: Mapping[str, object]) -> None:
        """Take back the curves.

        Raises:
            ValueError: If a curve is none: it has no corners, does not rise, or leaves [0, 1].
        """
        curves = state["curves"]
        if not isinstance(curves, list):
            raise ValueError(f"expected a curve for each expert, got {curves!r:.80}")
        self.curves = [_curve(curve) for curve in curves]


def fit_rising(x: np.ndarray, y: np.ndarray) -> Curve:
    """Return the corners of the rising function of least squares, by pooling adjacent violators.

    Args:
        x: (N,); equal ones count as one point with the mean of their y.
        y: (N,).
    """
    points, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    means = np.bincount(place, y) / counts
    blocks: list[tuple[float, int, int]] = []  # mean, weight, points
    for mean, weight in zip(means.tolist(), counts.tolist(), strict=True):
        block = (mean, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            before = blocks.pop()
            total = before[1] + block[1]
            pooled = (before[0] * before[1] + block[0] * block[1]) / total
            block = (pooled, total, before[2] + block[2])
        blocks.append(block)
    heights = np.repeat([mean for mean, _, _ in blocks], [length for _, _, length in blocks])
    level = heights[1:] == heights[:-1]
    corner = ~(np.append(level, False) & np.insert(level, 0, False))
    return points[corner], np.clip(heights[corner], 0, 1)


def _curve(curve: object) -> Curve:
    if not isinstance(curve, list) or len(curve) != 2:
        raise ValueError(f"expected the corners of a curve and their heights, got {curve!r:.80}")
    own, heights = (np.array(finite_list(values)) for values in curve)
    outside = any((values < 0).any() or (values > 1).any() for values in (own, heights))
    # Two heights at one place are no function; level parts are.
    falls = (np.diff(own) <= 0).any() or (np.diff(heights) < 0).any()
    if not len(own) or own.shape != heights.shape or outside or falls:
        raise ValueError(f"expected a curve that rises within [0, 1], got {curve!r:.80}")
    return own, heights
