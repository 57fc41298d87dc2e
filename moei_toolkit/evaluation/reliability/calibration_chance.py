"""How much of a calibration error is chance: other scenes, or other outcomes of the same confidences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.reliability.bins import bin_numbers, equal_width_edges
from moei_toolkit.evaluation.reliability.confidence import Values, checked_decisions, checked_outcomes
from moei_toolkit.evaluation.statistics.bootstrap import times_drawn

_CELLS = 2**15
"""Random numbers at a time. This much stays in the cache, and is too little for BLAS to wake its threads."""


def errors_of_other_scenes(
    confidence: Values,
    correct: Values,
    scenes: np.ndarray | Sequence[object],
    bins: int,
    rng: np.random.Generator,
    resamples: int,
) -> np.ndarray:
    """Return the expected calibration error of samples drawn from the scenes with replacement.

    Args:
        confidence: (N,) in [0, 1].
        correct: (N,) 0 or 1, or bool.
        scenes: (N,) label of the scene of each image; images of one scene are drawn together.
        bins: Equal-width bins.
        rng: Source of randomness.
        resamples: How many samples, R.

    Returns:
        (R,)

    Raises:
        DataError: Empty, of different length, NaN, or out of range.
        ConfigError: No bins.
    """
    confidence, correct = checked_decisions(confidence, correct)
    where = bin_numbers(confidence, equal_width_edges(bins))
    names, scene = np.unique(np.asarray(scenes), return_inverse=True)
    if scene.shape != confidence.shape:
        raise DataError(f"expected a scene for each of {len(confidence)} decisions, got {scene.shape}")
    sizes, gaps = np.bincount(scene), np.zeros((len(names), bins))
    np.add.at(gaps, (scene, where), correct - confidence)
    drawn = (times_drawn([len(names)], [rng], count) for count in _blocks(resamples, len(names)))
    return np.concatenate([np.abs(times @ gaps).sum(1) / (times @ sizes) for times in drawn])


def errors_when_calibrated(
    confidence: Values, bins: int, rng: np.random.Generator, resamples: int
) -> np.ndarray:
    """Return the expected calibration error when each decision is correct as often as it says.

    Outcomes are drawn independently of each other, y ~ Bernoulli(confidence) (Broecker and Smith, "Increasing
    the reliability of reliability diagrams", Weather and Forecasting 2007).

    Args:
        confidence: (N,) in [0, 1].
        bins: Equal-width bins.
        rng: Source of randomness.
        resamples: How many times outcomes are drawn, R.

    Returns:
        (R,)

    Raises:
        DataError: Empty, NaN, or out of range.
        ConfigError: No bins.
    """
    (confidence,) = checked_outcomes(confidence)
    where = bin_numbers(confidence, equal_width_edges(bins))
    member = np.eye(bins, dtype=np.float32)[where]  # exact for counts up to 2^24
    expected = np.bincount(where, confidence, minlength=bins)
    drawn = (
        (rng.random((count, len(confidence))) < confidence).astype(np.float32) @ member
        for count in _blocks(resamples, len(confidence))
    )
    return np.concatenate([np.abs(right - expected).sum(1) for right in drawn]) / len(confidence)


def _blocks(total: int, width: int) -> Iterator[int]:
    """Yield how many rows of ``width`` to draw at a time, ``total`` altogether."""
    rows = max(_CELLS // width, 1)
    for start in range(0, total, rows):
        yield min(rows, total - start)
