"""Where in whose code an error arose."""

from __future__ import annotations

import traceback
from collections.abc import Container
from pathlib import Path


def last_place_in(error: BaseException, packages: Container[str]) -> tuple[str, str] | None:
    """Return the innermost place in the code of some packages that an error came through.

    Args:
        error: As it was caught.
        packages: Names of packages, without what is inside them.

    Returns:
        The package and the place, such as ``("moei_scale", "expert.py, line 21")``; None if there is none.
    """
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in packages:
            return package, f"{Path(frame.f_code.co_filename).name}, line {line}"
    return None
