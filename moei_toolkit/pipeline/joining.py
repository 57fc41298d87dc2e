"""Several prepared sets as one, for as long as they are judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from moei_toolkit.data.preparation.keeping.gathering import gather
from moei_toolkit.data.records import RECORDS_NAME, read_records
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.types import CLEAN


@contextmanager
def joined(sets: Sequence[Path], beside: Path) -> Iterator[Path]:
    """Yield a folder that stands for all sets; one set stands for itself.

    Args:
        sets: Folders of prepared sets, at least one.
        beside: A folder, made when it is missing, that the tables lie in meanwhile; workers of a cluster
            must see it.

    Raises:
        DataError: One of several is no prepared set, or has no degraded image.
        StoreError: The disk is full or read-only.
    """
    if len(sets) == 1:
        yield sets[0]
        return
    with disk_errors(beside):
        beside.mkdir(parents=True, exist_ok=True)
        scratch = TemporaryDirectory(prefix=".joined.", dir=beside)
    with scratch as place:
        folder = Path(place) / "+".join(path.absolute().name for path in sets)
        folder.mkdir()
        shown = {record.degradation for path in sets for record in read_records(path / RECORDS_NAME)}
        gather(sets, sorted(shown - {CLEAN}), folder)
        yield folder
