"""CDD-11: the same photographs under rain, snow, haze, low light, and eleven combinations of them in all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from moei_toolkit.data.layouts.base import Layout, Leftover, Scene
from moei_toolkit.data.layouts.file_names import plain
from moei_toolkit.data.layouts.folders import root_path
from moei_toolkit.data.layouts.naming import choose_names
from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published import read_published
from moei_toolkit.data.layouts.published_set import PublishedSet

NAMES = {
    "haze": "haze",
    "rain": "rain",
    "snow": "snow",
    "haze_rain": "rain_haze",
    "haze_snow": "snow_haze",
    "low": None,
    "low_haze": None,
    "low_rain": None,
    "low_snow": None,
    "low_haze_rain": None,
    "low_haze_snow": None,
}
"""Degradation by folder; mixed ones in the order in which they were laid over the photograph."""


class CDD11(Layout):
    """CDD-11 (Guo et al., OneRestore, ECCV 2024).

    All combinations over one photograph are one scene, and its name is its capture.

    Args:
        root: The folder of the data set, or of one of its parts.
        names: Degradation by folder, where it is another than in ``NAMES``. None leaves a folder out, as is
            usual for low light, which is no weather: ``dict(low_rain="rain", snow=None)``.

    Raises:
        ConfigError: The root is no text, or ``names`` has an unknown folder or no usable name.
    """

    def __init__(self, root: str | os.PathLike[str], names: Mapping[str, str | None] | None = None) -> None:
        self.root = root_path(root)
        chosen = choose_names(NAMES, names)
        self._known = PublishedSet(
            "cdd11",
            "{CDD-11_train, CDD-11_test}/{clear, haze, rain, snow, haze_rain, haze_snow}",
            {plain(folder): Variant(folder, name) for folder, name in chosen.items() if name},
            asides={
                plain(folder): "it was left out, because names has no degradation for it"
                for folder, name in chosen.items()
                if not name
            },
        )

    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield the scenes of every part."""
        return read_published(self.root, self._known).scenes(seed)

    def leftovers(self) -> Iterator[Leftover]:
        """Yield what belongs to no scene; a folder that was left out is one leftover."""
        return iter(read_published(self.root, self._known).leftovers)
