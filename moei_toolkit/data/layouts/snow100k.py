"""Snow100K: photographs under synthetic snow, with small flakes only, up to middle ones, or of every size."""

from __future__ import annotations

from dataclasses import replace

from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published import layout_of
from moei_toolkit.data.layouts.published_set import PublishedSet, variants_of

_LEVELS = {"S": 1 / 3, "M": 2 / 3, "L": 1.0}
_WRAPPERS = ("all", "gamessd", "jdway", "media", "overlapping")
"""Folders that its archives wrap around the others."""


def flakes_of(variant: Variant, group: str, stem: str) -> Variant:
    """Return the variant at the level of its group."""
    return replace(variant, level=_LEVELS.get(group))


Snow100K = layout_of(
    PublishedSet(
        "snow100k",
        "test/{Snow100K-S, Snow100K-M, Snow100K-L}/{synthetic, gt} and train/{synthetic, gt}",
        variants_of(Variant("snow", "snow"), "snow", "snowy", "synthetic"),
        groups={
            **{name: level for level in _LEVELS for name in (f"snow100k{level.lower()}", level.lower())},
            **dict.fromkeys(_WRAPPERS, ""),
        },
        asides={"realistic": "real snow without clean images"},
        refine=flakes_of,
    ),
    "Snow100K",
    __name__,
    """Snow100K (Liu et al., DesnowNet, TIP 2018).

    The test part has levels: 1/3 for S, 2/3 for M and 1 for L; the train part has none. Every photograph is a
    capture of its own. Masks are not read.
    """,
)
