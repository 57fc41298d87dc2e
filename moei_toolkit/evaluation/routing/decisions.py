"""The routing decisions in a set of rows as arrays: what was chosen, how surely, what each brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import Row, by_policy
from moei_toolkit.evaluation.scenes import scene_of
from moei_toolkit.types import ACTUAL, CLEAN, DENSE, EXPERT_PREFIX, most_probable


@dataclass(frozen=True)
class Decisions:
    """N decisions on degraded images among K experts.

    Attributes:
        experts: K names, in the order of the columns.
        datasets: Where the images come from, sorted.
        scenes: (N,) labels; images of one scene are not independent.
        weathers: (N,) degradations.
        severity: (N,) in [0, 1].
        probabilities: (N, K), calibrated.
        chosen: (N,) column of the most probable expert, whether or not it was trusted.
        trust: (N,) in [0, 1], what was compared with the threshold: the confidence, or an abstention rule's
            score.
        abstained: (N,) bool.
        taken: (N,) column of the expert that restored the image, K for dense. It is not the chosen one where
            the router was not trusted, or the image was misrouted on purpose.
        achieved: (N,) dB of what came out.
        errors: (N, K) eps_k of every expert.
        psnr: (N, K) dB of every expert.
        dense: (N,) dB of the dense route.
    """

    experts: tuple[str, ...]
    datasets: tuple[str, ...]
    scenes: np.ndarray
    weathers: np.ndarray
    severity: np.ndarray
    probabilities: np.ndarray
    chosen: np.ndarray
    trust: np.ndarray
    abstained: np.ndarray
    taken: np.ndarray
    achieved: np.ndarray
    errors: np.ndarray
    psnr: np.ndarray
    dense: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """(N,) the largest probability."""
        return np.asarray(self.probabilities.max(1))

    @property
    def oracle(self) -> np.ndarray:
        """(N,) column of the expert of least error."""
        return np.asarray(self.errors.argmin(1))

    @property
    def right(self) -> np.ndarray:
        """(N,) bool: no expert has a smaller error than the chosen one."""
        return np.asarray(self._of_chosen(self.errors) <= self.errors.min(1))

    @property
    def routed(self) -> np.ndarray:
        """(N,) dB of the chosen expert, whether or not it was trusted."""
        return self._of_chosen(self.psnr)

    def _of_chosen(self, table: np.ndarray) -> np.ndarray:
        return np.asarray(table[np.arange(len(table)), self.chosen])


def decisions_of(rows: Sequence[Row]) -> Decisions:
    """Collect the decisions of complete rows; clean images are left out.

    Raises:
        DataError: If there is no degraded image, two decisions name different experts, or a route is of none.
    """
    actual = [row for row in rows if row.policy == ACTUAL and row.degradation != CLEAN]
    if not actual:
        raise DataError(f"expected decisions on degraded images, got none in {len(rows)} rows")
    experts = tuple(actual[0].probabilities)
    routes = [*experts, DENSE]
    for row in actual:
        if set(row.probabilities) != set(experts):
            raise DataError(
                f"image {row.id!r}: expected probabilities of {sorted(experts)}, "
                f"got {sorted(row.probabilities)}"
            )
        if row.route not in routes:
            raise DataError(f"image {row.id!r}: expected a route out of {sorted(routes)}, got {row.route!r}")
    judged = by_policy(rows)
    found = [[judged[row.id, f"{EXPERT_PREFIX}{name}"] for name in experts] for row in actual]
    return Decisions(
        experts=experts,
        datasets=tuple(sorted({row.dataset for row in actual})),
        scenes=np.array([scene_of(row) for row in actual]),
        weathers=np.array([row.degradation for row in actual]),
        severity=np.array([row.severity for row in actual]),
        probabilities=np.array([[row.probabilities[name] for name in experts] for row in actual]),
        chosen=np.array([experts.index(most_probable(row.probabilities)) for row in actual]),
        trust=np.array([row.confidence for row in actual]),
        abstained=np.array([row.abstained for row in actual]),
        taken=np.array([routes.index(row.route) for row in actual]),
        achieved=np.array([row.metrics["psnr"] for row in actual]),
        errors=np.array([[other.error for other in others] for others in found]),
        psnr=np.array([[other.metrics["psnr"] for other in others] for others in found]),
        dense=np.array([judged[row.id, DENSE].metrics["psnr"] for row in actual]),
    )
