"""libvips, imported when it is first needed."""

from __future__ import annotations

from types import ModuleType


def import_vips() -> ModuleType:
    """Return pyvips, told to remember no operations: they would keep parts of every photograph in memory."""
    import pyvips

    pyvips.cache_set_max(0)
    return pyvips
