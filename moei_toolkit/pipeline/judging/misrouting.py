"""Sends images to wrong experts on purpose, to see how much routing matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from moei_toolkit.types import Decision


def misroute(decisions: Sequence[Decision], share: float, rng: np.random.Generator) -> list[Decision]:
    """Return decisions of which a share takes the route of another expert, drawn at random.

    Args:
        decisions: One per image.
        share: Of the images, in [0, 1]; their number is rounded.
        rng: Chooses images and routes.

    Returns:
        The decisions in order. Probabilities and confidence stay: the router has not changed its mind.
    """
    changed = list(decisions)
    for index in rng.permutation(len(decisions))[: round(share * len(decisions))]:
        decision = decisions[index]
        others = [name for name in decision.probabilities if name != decision.route]
        if others:
            changed[index] = replace(decision, route=str(rng.choice(others)), abstained=False)
    return changed
