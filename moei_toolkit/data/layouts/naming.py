"""Which task the images of a kind belong to, where people may choose."""

from __future__ import annotations

from collections.abc import Mapping

from moei_toolkit.errors import ConfigError, did_you_mean
from moei_toolkit.io.text import is_text
from moei_toolkit.types import CLEAN


def choose_names(
    usual: Mapping[str, str | None], chosen: Mapping[str, str | None] | None
) -> dict[str, str | None]:
    """Return the degradation of every kind: the chosen one, else the usual one; None leaves images out.

    Raises:
        ConfigError: A kind is unknown, a name is no text or stands for clean images, or all are left out.
    """
    for kind, name in (chosen or {}).items():
        if kind not in usual:
            raise ConfigError(f"names: unknown kind {kind!r}. {did_you_mean(str(kind), usual)}")
        if name is not None and (not isinstance(name, str) or not is_text(name) or name == CLEAN):
            raise ConfigError(f"names[{kind!r}]: expected the name of a degradation, or None, got {name!r}.")
    names = {**usual, **(chosen or {})}
    if not any(names.values()):
        raise ConfigError("names: expected a degradation for one kind or more, got None for all of them.")
    return names
