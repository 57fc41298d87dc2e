"""Weather by the names that data sets give it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.data.weather.mixed import Mixed
from moei_toolkit.errors import RegistryError
from moei_toolkit.registry import DEGRADATIONS

_PART = re.compile(r"[a-z0-9]+")


class KnownWeather:
    """Finds a degradation by name: one of a config, one that is registered, or several of them in one name.

    Args:
        configured: By task.
    """

    def __init__(self, configured: Mapping[str, Degradation]) -> None:
        self._known: dict[str, Degradation | None] = dict(configured)

    def find(self, name: str) -> Degradation | None:
        """Return what a name such as "rain" or "rain_haze" stands for; None where it says nothing.

        Raises:
            RegistryError: A degradation of that name cannot be imported.
        """
        if name not in self._known:
            self._known[name] = _registered(name) or self._parts(name)
        return self._known[name]

    def _parts(self, name: str) -> Degradation | None:
        parts = [part for part in dict.fromkeys(_PART.findall(name.lower())) if part != name]
        found = [one for one in map(self.find, parts) if one]
        return Mixed(parts=found) if found else None


def _registered(name: str) -> Degradation | None:
    if name not in DEGRADATIONS:
        return None
    DEGRADATIONS.get(name)  # a broken one is an error; below, one that is nothing without arguments is none
    try:
        found: Degradation = DEGRADATIONS.build({"type": name})
    except RegistryError:
        return None
    return found
