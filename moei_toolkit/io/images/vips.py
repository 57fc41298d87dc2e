"""libvips, imported when it is first needed."""

from __future__ import annotations

import logging
import os
from types import ModuleType


def import_vips() -> ModuleType:
    """Return pyvips, told to remember no operations: they would keep parts of every photograph in memory.

    It is also told to be silent about what is odd in a file; what is wrong it raises. No handler in Python
    does that: what garbage collection frees while it runs could call it again, which ends the process.
    """
    os.environ.setdefault("VIPS_WARNING", "0")
    import pyvips

    pyvips._remove_log_handler()
    pyvips.cache_set_max(0)
    logging.getLogger("pyvips").setLevel(logging.ERROR)
    return pyvips
