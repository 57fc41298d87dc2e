"""Pairs of images in a sandstorm and without it, as data sets of them are packed."""

from __future__ import annotations

import re
from dataclasses import replace

from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published import layout_of
from moei_toolkit.data.layouts.published_set import PublishedSet, variants_of

_SAND = ("dust", "dusty", "hazy", "sand", "sanddust", "sanddustimages", "sandstorm", "sandy")
_WRAPPERS = ("data", "images", "paired", "synthetic", "syntheticimages")
"""Folders that some archives wrap around the others."""
_WORDS = {"light": 1 / 3, "moderate": 2 / 3, "medium": 2 / 3, "heavy": 1.0}
_LEVEL = re.compile(
    r"(?P<photo>.+)[_-]((sev|severity|level)[_-]?(?P<number>0\.\d+|1\.0+)|(?P<word>light|moderate|medium|heavy))",
    re.IGNORECASE,
)
"""Stems such as ``0007_severity0.6`` and ``0007_heavy``; a whole number is no level, whatever it counts."""
_SYNTHETIC = re.compile(r"(.+)_synthetic", re.IGNORECASE)


def level_of(stem: str) -> float | None:
    """Return the severity in [0, 1] that the stem of a degraded image tells, or None."""
    found = _LEVEL.fullmatch(stem)
    if found is None:
        return None
    return float(found["number"]) if found["number"] else _WORDS[found["word"].lower()]


def partners_of(stem: str) -> tuple[str, ...]:
    """Return what the clean image of a degraded one may be called, without its suffix.

    Several levels share one clean image, and ``image1_synthetic`` belongs to ``image1_gt_synthetic``.
    """
    level, synthetic = _LEVEL.fullmatch(stem), _SYNTHETIC.fullmatch(stem)
    return (
        stem,
        *([level["photo"]] if level else []),
        *([f"{synthetic[1]}_gt_synthetic"] if synthetic else []),
    )


def graded(variant: Variant, group: str, stem: str) -> Variant:
    """Return the variant at the level that its stem tells."""
    return replace(variant, level=level_of(stem))


SandstormPairs = layout_of(
    PublishedSet(
        "sandstorm",
        "{sand, sandstorm, dust, degraded, input, hazy} and {clear, clean, gt, target}, "
        "both in train, val and test if it is divided",
        variants_of(Variant("sandstorm", "sandstorm"), *_SAND),
        groups=dict.fromkeys(_WRAPPERS, ""),
        asides={"realworldimages": "real sandstorms without clean images"},
        refine=graded,
        partners=partners_of,
    ),
    "SandstormPairs",
    __name__,
    """Folders of images in a sandstorm, and of the same photographs without it, paired by name.

    They may lie in published parts. SIE (Liang et al., "Learning to remove sandstorm for image enhancement",
    The Visual Computer 2022) is read as it comes: its synthetic pairs, without its real storms, of which
    there are no clean images. A severity in [0, 1] in the name of an image is its level, see `level_of`.
    Every clean image is a capture of its own.
    """,
)
