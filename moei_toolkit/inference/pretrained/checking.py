"""Whether a trained model restores and decides as the run does that it came from."""

from __future__ import annotations

import numpy as np

from moei_toolkit.errors import ExportError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.eager import EagerRouter, EagerRuntime

TOLERANCE = 1 / 255
"""Largest difference of a picture whose weights were rounded: one step of eight bits."""

MOST_DOUBT = 0.02
"""Largest difference of a probability or of the confidence whose weights were rounded."""

_SIZE = (70, 90, 3)
Halves = tuple[EagerRuntime, Decider]


def require_equal(model: Halves, run: Halves) -> float:
    """Restore noise along every route of both, in float32, and return the largest difference, of 1.

    Raises:
        ExportError: If it is larger than the tolerance, or the two do not decide alike.
    """
    image = np.random.default_rng(0).random(_SIZE, np.float32)
    (ours, our_g), (theirs, their_g) = (_restore(runtime, image) for runtime, _ in (model, run))
    differences = {name: float(np.abs(ours[name] - theirs[name]).max()) for name in theirs}
    worst = max(differences, key=lambda name: differences[name])
    _require_at_most(differences[worst], TOLERANCE, f"route {worst!r}")
    if _decides_by_descriptor(run[1]):
        _require_alike(model[1], our_g, run[1], their_g)
    return differences[worst]


def _decides_by_descriptor(decider: Decider) -> bool:
    """Tell whether it can be asked about noise: others are asked about images by their names."""
    return isinstance(decider.router, EagerRouter) and decider.router.network.exportable


def _require_alike(ours: Decider, our_g: np.ndarray, theirs: Decider, their_g: np.ndarray) -> None:
    mine, other = ours.decide(our_g), theirs.decide(their_g)
    for name, probability in other.probabilities.items():
        doubt = abs(mine.probabilities[name] - probability)
        _require_at_most(doubt, MOST_DOUBT, f"probability of expert {name!r}")
    _require_at_most(abs(mine.confidence - other.confidence), MOST_DOUBT, "confidence")


def _require_at_most(difference: float, most: float, what: str) -> None:
    if not difference <= most:
        raise ExportError(
            f"{what}: expected what the run gives to {most:.2g}, got a difference of {difference:.3g}. "
            "--dtype float32 rounds nothing."
        )


def _restore(runtime: EagerRuntime, image: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the picture of every route, and the descriptor."""
    exact = runtime.in_precision("float32")
    g = exact.describe(image)
    return exact.restore_routes(image, g), g
