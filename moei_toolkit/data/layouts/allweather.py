"""AllWeather: images of Outdoor-Rain, RainDrop and Snow100K in one folder; only names tell which is which."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from moei_toolkit.data.layouts.base import Layout, Leftover, Scene
from moei_toolkit.data.layouts.folders import root_path
from moei_toolkit.data.layouts.naming import choose_names
from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published import read_published
from moei_toolkit.data.layouts.published_set import PublishedSet, variants_of

UNKNOWN = "unknown"
NAMES = {"outdoor_rain": "rain_haze", "raindrop": "raindrop", "snow100k": "snow", UNKNOWN: None}
"""Degradation by kind. Outdoor-Rain lays haze over its rain; drops on a lens are a weather of their own."""

_STEMS = {
    "outdoor_rain": re.compile(r"(im_\d+)(_s\d+_a\d+)?"),
    "raindrop": re.compile(r"(\d+)_(rain|clean)"),
    "snow100k": re.compile(r"([a-z]+(_[a-z]+)*_\d{5})"),
}
"""Stems such as im_0001_s80_a04, 0_rain and beautiful_smile_00003; the first group is the photograph."""
_GROUPS = {
    **dict.fromkeys(("outdoorrain", "rain", "rainfog", "rainhaze", "rainstreak"), "outdoor_rain"),
    "raindrop": "raindrop",
    **dict.fromkeys(("snow", "snow100k"), "snow100k"),
    **dict.fromkeys(("allweather", "data"), ""),
}


class AllWeather(Layout):
    """The training set of TransWeather (Valanarasu et al., CVPR 2022), with or without its lists.

    A folder around ``input`` and ``gt`` such as ``raindrop``, ``rainstreak`` or ``snow``, as some have sorted
    it, decides the kind of an image, else its name does. Clean images are called like the degraded ones, or
    as in the set they come from: ``im_0001_s80_a04`` belongs to ``im_0001``, ``0_rain`` to ``0_clean``. All
    rain over one photograph of Outdoor-Rain is one capture, however many copies of the clean image there are.

    Args:
        root: The folder of the data set, or of one of its parts.
        names: Degradation by kind, where it is another than in ``NAMES``. None leaves a kind out, as is usual
            for "unknown": images whose name tells nothing.

    Raises:
        ConfigError: The root is no text, or ``names`` has an unknown kind or no usable name.
    """

    def __init__(self, root: str | os.PathLike[str], names: Mapping[str, str | None] | None = None) -> None:
        self.root = root_path(root)
        variants = {kind: Variant(kind, name) for kind, name in choose_names(NAMES, names).items()}

        def refine(variant: Variant, group: str, stem: str) -> Variant:
            return variants[group or kind_of(stem)]

        self._known = PublishedSet(
            "allweather",
            "{input, gt} or {train, test}/{input, gt}",
            variants_of(variants[UNKNOWN]),
            groups=_GROUPS,
            refine=refine,
            partners=partners_of,
            capture=photograph_of,
        )

    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield the scenes of every part."""
        return read_published(self.root, self._known).scenes(seed)

    def leftovers(self) -> Iterator[Leftover]:
        """Yield what belongs to no scene."""
        return iter(read_published(self.root, self._known).leftovers)


def kind_of(stem: str) -> str:
    """Return which kind of image a stem says it is, or "unknown"."""
    return next((kind for kind, known in _STEMS.items() if known.fullmatch(stem.lower())), UNKNOWN)


def photograph_of(stem: str) -> str:
    """Return the photograph that a clean image shows."""
    found = _STEMS["outdoor_rain"].fullmatch(stem.lower())
    return found[1] if found else stem


def partners_of(stem: str) -> tuple[str, ...]:
    """Return what the clean image of a degraded one may be called, without its suffix."""
    rain, drop = (_STEMS[kind].fullmatch(stem.lower()) for kind in ("outdoor_rain", "raindrop"))
    return (stem, *([rain[1]] if rain else []), *([f"{drop[1]}_clean"] if drop else []))
