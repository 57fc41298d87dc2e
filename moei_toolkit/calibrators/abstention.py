"""When not to trust the router: a threshold on the confidence, chosen by what abstaining gains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError

ABSTAIN_ALWAYS = float(np.nextafter(1, 2))
"""The smallest threshold above every probability."""


@dataclass(frozen=True)
class Abstention:
    """A threshold and what it did on the images it was chosen on.

    Attributes:
        threshold: tau; an image whose confidence is below it takes the dense route.
        abstained: Share of the images that abstained, in [0, 1].
        gain: Mean quality gained by abstaining, in the unit of the scores.
    """

    threshold: float
    abstained: float
    gain: float


def choose_threshold(
    confidence: np.ndarray,
    routed: np.ndarray,
    dense: np.ndarray,
    max_abstention: float,
    candidates: int = 101,
) -> Abstention:
    """Return the threshold of the best mean quality among those that abstain rarely enough.

    Abstaining weighs what being wrong costs: the score is the restored quality itself, so one image that a
    wrong expert would ruin counts for more than ten that hardly differ. Among equals the smallest wins.

    Args:
        confidence: (N,), in [0, 1].
        routed: (N,), quality (higher is better, for instance PSNR in dB) of the most probable expert.
        dense: (N,), quality of the dense route.
        max_abstention: Largest share of abstentions allowed, in [0, 1].
        candidates: Thresholds tried, evenly spaced over [0, 1].

    Raises:
        DataError: If the arrays are empty, differ in shape, or hold values that are not finite.
    """
    require_columns(confidence=confidence, routed=routed, dense=dense)
    thresholds = np.linspace(0, 1, candidates)
    abstains = confidence[None] < thresholds[:, None]
    quality = np.where(abstains, dense[None], routed[None]).mean(1)
    quality[abstains.mean(1) > max_abstention] = -np.inf
    best = int(np.argmax(quality > quality.max() - 1e-9))
    return Abstention(
        float(thresholds[best]), float(abstains[best].mean()), float(quality[best] - routed.mean())
    )


def apply_threshold(
    confidence: np.ndarray, routed: np.ndarray, dense: np.ndarray, threshold: float
) -> Abstention:
    """Return what one threshold does; the arrays are those of :func:`choose_threshold`."""
    require_columns(confidence=confidence, routed=routed, dense=dense)
    abstains = confidence < threshold
    gain = np.where(abstains, dense, routed).mean() - routed.mean()
    return Abstention(threshold, float(abstains.mean()), float(gain))


def require_columns(**columns: np.ndarray) -> None:
    """Refuse arrays that do not hold one finite value for each of N > 0 images.

    Raises:
        DataError: Names them and their shapes.
    """
    shapes = {name: column.shape for name, column in columns.items()}
    first = next(iter(columns.values()))
    if first.ndim != 1 or not len(first) or len(set(shapes.values())) > 1:
        raise DataError(f"expected one value for each of N > 0 images, got the shapes {shapes}")
    for name, column in columns.items():
        if not np.isfinite(column).all():
            raise DataError(f"{name}: expected finite values, some are NaN or infinite")
