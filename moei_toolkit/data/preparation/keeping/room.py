"""Is there room for the pixels of a data set, before the disk fills up with them?"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from moei_toolkit.data.storage.stored_image import stored_bytes
from moei_toolkit.errors import ImageError, StoreError
from moei_toolkit.io.disk import gib
from moei_toolkit.io.images.decoding.header import MAX_PIXELS, opened_image
from moei_toolkit.io.reporter import Reporter


def require_room(files: Sequence[tuple[Path, float]], folder: Path, log: Reporter) -> None:
    """Look into the headers of image files, and say how much space their pixels take.

    Args:
        files: Whose pixels are to be kept, and of how many images of that size.
        folder: Where they are kept.
        log: Told how much it is.

    Raises:
        StoreError: The disk has not enough left.
    """
    if not files:
        return
    needed = 0.0
    with log.progress(len(files), "measure") as progress:
        for path, images in files:
            needed += images * _size(path)
            progress.advance(1, path.name)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StoreError(
            f"{folder}: expected room for {gib(needed)} of pixels, got {gib(free)}. Free some space, "
            "choose another folder, or leave pixels in their files with storage=files, from which crops are "
            "read more slowly."
        )
    log.info(f"pixels of {len(files)} files take about {gib(needed)}; {gib(free)} are free")


def _size(path: Path) -> int:
    """Return what a file takes; 0 where inspection is going to refuse it."""
    try:
        with opened_image(path) as image:
            usable = image.height * image.width <= MAX_PIXELS
            return stored_bytes(image.height, image.width) if usable else 0
    except ImageError:
        return 0
