"""Whether two runs of one config came out alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moei_toolkit.evaluation.rows import Row
from moei_toolkit.types import ACTUAL, DENSE, INPUT

_NAMED = 3
"""How many of the images that are in one run only are named."""


@dataclass(frozen=True)
class Rerun:
    """How far the images of one policy are from those of another run.

    Attributes:
        policy: Which.
        images: How many were in both runs.
        median: Of the absolute differences in PSNR, dB.
        largest: Of the same.
    """

    policy: str
    images: int
    median: float
    largest: float

    def holds(self, limit: float) -> bool:
        """Tell whether the two runs count as alike: the median is less than a limit, dB."""
        return self.median < limit

    def told(self, limit: float) -> str:
        """Return in words what :meth:`holds` compares."""
        return (
            f"{self.policy}: median difference {self.median:.4f} dB over {self.images} images "
            f"(expected below {limit:g} dB), largest {self.largest:.4f} dB"
        )


def compare_runs(rows: Sequence[Row], others: Sequence[Row]) -> list[Rerun]:
    """Compare dense and MoE-I image by image; a policy without images in common is left out."""
    compared = []
    for policy in (DENSE, ACTUAL):
        ours, theirs = _psnr(rows, policy), _psnr(others, policy)
        differences = [abs(ours[image] - theirs[image]) for image in sorted(ours.keys() & theirs.keys())]
        if differences:
            compared.append(
                Rerun(policy, len(differences), float(np.median(differences)), float(np.max(differences)))
            )
    return compared


def other_pictures(rows: Sequence[Row], others: Sequence[Row]) -> list[str]:
    """Return the images that both runs have under one name, but were given differently degraded."""
    ours, theirs = _psnr(rows, INPUT), _psnr(others, INPUT)
    return [image for image in sorted(ours.keys() & theirs.keys()) if ours[image] != theirs[image]]


def unmatched_images(rows: Sequence[Row], others: Sequence[Row]) -> list[str]:
    """Return a sentence for every policy, dense or MoE-I, with images that are in one of the runs only."""
    found = []
    for policy in (DENSE, ACTUAL):
        ours, theirs = _psnr(rows, policy).keys(), _psnr(others, policy).keys()
        found += [
            f"{policy}: {_counted(sorted(images))} only in {whose} run"
            for whose, images in (("this", ours - theirs), ("the other", theirs - ours))
            if images
        ]
    return found


def _psnr(rows: Sequence[Row], policy: str) -> dict[str, float]:
    return {row.id: row.metrics["psnr"] for row in rows if row.policy == policy}


def _counted(images: Sequence[str]) -> str:
    """Return how many images there are, and which are the first."""
    named, more = ", ".join(map(repr, images[:_NAMED])), len(images) - _NAMED
    if len(images) == 1:
        return f"image {named} is"
    return f"{len(images)} images ({named}{f' and {more} more' if more > 0 else ''}) are"
