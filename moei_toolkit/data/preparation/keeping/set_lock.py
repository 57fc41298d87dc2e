"""One writer at a time to a prepared set."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from moei_toolkit.errors import DataError
from moei_toolkit.io.folder_lock import alone_in


def writing_to(folder: Path) -> AbstractContextManager[None]:
    """Keep other writers out of a prepared set while the block lasts.

    Raises:
        DataError: Another process writes to it.
    """
    return alone_in(folder, DataError(f"{folder}: another preparation writes to it. Wait until it ends."))
