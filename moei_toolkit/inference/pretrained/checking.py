"""Whether a trained model gives what the run gives that it came from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from moei_toolkit.errors import ExportError
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.types import DENSE

TOLERANCE = 1 / 255
"""Largest difference of a picture whose weights were rounded: one step of eight bits."""

_SIZE = (70, 90, 3)


def require_equal(model: EagerRuntime, run: EagerRuntime) -> float:
    """Restore noise along every route of both, in float32, and return the largest difference, of 1.

    Raises:
        ExportError: If it is larger than the tolerance.
    """
    image = np.random.default_rng(0).random(_SIZE, np.float32)
    (ours, theirs) = (_restore(runtime, image) for runtime in (model, run))
    differences = {name: float(np.abs(ours[name] - theirs[name]).max()) for name in theirs}
    worst = max(differences, key=lambda name: differences[name])
    if not differences[worst] <= TOLERANCE:
        raise ExportError(
            f"route {worst!r}: expected what the run gives to {TOLERANCE:.2g}, got a difference of "
            f"{differences[worst]:.3g}"
        )
    return differences[worst]


def _restore(runtime: EagerRuntime, image: np.ndarray) -> dict[str, np.ndarray]:
    experts = {name: expert for name, expert in runtime.experts.items() if name != DENSE}
    exact = EagerRuntime(runtime.backbone, experts, replace(runtime.protocol, precision="float32"))
    return exact.restore_routes(image, exact.describe(image))
