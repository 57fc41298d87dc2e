"""Where in whose code an error arose, and what it says."""

from __future__ import annotations

import traceback
from collections.abc import Container, Iterator
from pathlib import Path

_CARRIED = "frames_elsewhere"


def last_place_in(error: BaseException, packages: Container[str]) -> tuple[str, str] | None:
    """Return the innermost place in the code of some packages that an error came through.

    Args:
        error: As it was caught.
        packages: Names of packages, without what is inside them; of two in each other, the inner one counts.

    Returns:
        The package and the place, such as ``("moei_scale", "expert.py, line 21")``; None if there is none.
    """
    for module, place in reversed(_places(error)):
        for package in _around(module):
            if package in packages:
                return package, place
    return None


def _around(module: str) -> Iterator[str]:
    """Yield a module and the packages that it is in, the innermost first."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def words_of(error: BaseException) -> str:
    """Return what an error says; a stranger's may fail even to say something."""
    try:
        return str(error)
    except (Exception, SystemExit) as failure:  # noqa: BLE001 - whatever it is, its type is all there is to tell
        return f"(its message cannot be told: {type(failure).__name__})"


def carry_places(error: BaseException) -> None:
    """Let an error that goes to another process tell there where it arose: its traceback stays behind."""
    setattr(error, _CARRIED, _places(error))


def _places(error: BaseException) -> list[tuple[str, str]]:
    """Return module and place of every frame that an error came through, the innermost last."""
    here = [
        (
            str(frame.f_globals.get("__name__", "")),
            f"{Path(frame.f_code.co_filename).name}, line {line}",
        )
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    return here + getattr(error, _CARRIED, [])
