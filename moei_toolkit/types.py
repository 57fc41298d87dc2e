"""The few values that travel between the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import numpy as np

DENSE = "dense"
"""The route taken on abstention: the shared backbone without any expert."""

CLEAN = "clean"
"""The degradation of an image that has none."""

DENSE_EQUAL = "dense-equal"
"""The rival of equal cost: the shared backbone wearing one expert that was trained on every task."""

INPUT, ACTUAL, TOP2, ORACLE = "input", "actual", "top2", "oracle"
"""Policies beside the routes: the untouched image, the router's choice, its two most probable experts
mixed, the best expert."""

Precision = Literal["float32", "bfloat16", "float16"]
"""What a network computes in."""

PRECISIONS: tuple[str, ...] = get_args(Precision)
"""The names of all of them."""

EXPERT_PREFIX, SINGLE_PREFIX = "expert.", "single."
"""What the policies of an expert and of a single-task model are called before their names."""


def expert_stage(name: str) -> str:
    """Return the name of the stage that trains an expert, which is where it stands in a config."""
    return f"experts.{name}"


def most_probable(probabilities: Mapping[str, float]) -> str:
    """Return the name with the largest probability, the first of equals."""
    return max(probabilities, key=lambda name: probabilities[name])


@dataclass(frozen=True)
class Decision:
    """What the router decided for one image.

    Attributes:
        route: Name of the chosen expert, or ``"dense"`` after an abstention.
        probabilities: Calibrated probability of each expert; they sum to 1.
        confidence: What is compared with the threshold: the largest of the probabilities, or the score of an
            abstention rule.
        abstained: True when the confidence fell below the threshold.
    """

    route: str
    probabilities: Mapping[str, float]
    confidence: float
    abstained: bool

    @property
    def expert(self) -> str:
        """The most probable expert, whether or not it was trusted."""
        return most_probable(self.probabilities)


@dataclass(frozen=True)
class Restoration:
    """A restored image and how it came about.

    Attributes:
        image: (H, W, 3) float32 RGB in [0, 1].
        decision: The routing decision behind it.
        seconds: Wall time per hop: ``describe``, ``decide``, ``restore``.
        tile: Side of the tiles in pixels, the smallest where memory ran out.
    """

    image: np.ndarray
    decision: Decision
    seconds: Mapping[str, float]
    tile: int
