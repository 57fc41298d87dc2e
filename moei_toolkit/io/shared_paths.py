"""Whether several machines see the same files under the same paths."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import beside
from moei_toolkit.io.disk import disk_errors

_MARK = "seen-by-all"


@dataclass(frozen=True)
class SharedPaths:
    """Paths, and the machine that knows what is there.

    Attributes:
        paths: Absolute ones.
        host: The machine.
    """

    paths: tuple[str, ...]
    host: str

    def require(self) -> None:
        """Raise StoreError unless everything is there on this machine, too."""
        for path in self.paths:
            if not Path(path).exists():
                raise StoreError(
                    f"{path}: expected on {socket.gethostname()} what {self.host} sees there, found nothing. "
                    "Every machine must see the same folders under the same paths: use a shared file system."
                )

    def enter(self) -> None:
        """Require everything, and work in the first of the paths, which is a folder, from now on."""
        self.require()
        os.chdir(self.paths[0])


def shared_paths(paths: Iterable[Path]) -> SharedPaths:
    """Return paths as this machine sees them."""
    return SharedPaths(tuple(str(path.absolute()) for path in paths), socket.gethostname())


@contextmanager
def mark_in(folder: Path) -> Iterator[Path]:
    """Have a file of a new name in a folder: who sees it is in the same folder, not in one of the same name.

    Args:
        folder: Made when it is missing.

    Yields:
        The file, which goes when the block ends.

    Raises:
        StoreError: The folder cannot be written to.
    """
    mark = beside(folder / _MARK)
    with disk_errors(mark):
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)
