"""The images the data stage left, for the stages after it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from moei_toolkit.config.schema import Config
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.types import CLEAN


class Images:
    """Pixels and records.

    Args:
        folder: Committed folder of the data stage.
    """

    def __init__(self, folder: Path) -> None:
        self.store = PixelStore(folder)
        self.records = read_records(folder / RECORDS_NAME)

    def __enter__(self) -> Images:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store: a file may be open once per process, and the next stage wants it."""
        self.store.close()

    def of(self, split: str) -> list[Record]:
        """Return the records of a split."""
        return [record for record in self.records if record.split == split]


def degradation_names(config: Config) -> list[str]:
    """Return the tasks in config order, then "clean": the order of every task index."""
    return [*config.tasks, CLEAN]
