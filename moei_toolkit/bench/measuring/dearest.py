"""Which expert MoE-I is measured along."""

from __future__ import annotations

from collections.abc import Container, Mapping


def dearest(sizes: Mapping[str, int], guides: Container[str]) -> str:
    """Return the expert that costs the most: of those with a guide, if there are any, the largest.

    Args:
        sizes: Expert -> how large it is, in whatever all of them are measured in.
        guides: Experts that restore the whole image at a small size as well.
    """
    return max(sizes, key=lambda name: (name in guides, sizes[name]))
