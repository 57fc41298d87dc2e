"""Is there room for the pixels of a data set, before the disk fills up with them?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.storage.stored_image import stored_bytes
from moei_toolkit.errors import ImageError, StoreError
from moei_toolkit.io.image_header import opened_image
from moei_toolkit.io.reporter import Reporter


def require_room(scenes: Sequence[Scene], drawn: int, folder: Path, log: Reporter) -> None:
    """Look into the headers of image files, and say how much space their pixels take.

    Args:
        scenes: Their pixels are to be kept; those that lie on no disk are not counted.
        drawn: Degraded images that are drawn over each scene that has none, at least.
        folder: Where they are kept.
        log: Told how much it is.

    Raises:
        StoreError: The disk has not enough left.
    """
    if not scenes:
        return
    needed = 0
    with log.progress(len(scenes), "measure") as progress:
        for scene in scenes:
            needed += sum(_sizes(scene, drawn))
            progress.advance(1, scene.id)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StoreError(
            f"{folder}: expected room for {_gib(needed)} of pixels, got {_gib(free)}. Free some space, "
            "choose another folder, or leave pixels in their files with storage=files, from which crops are "
            "read more slowly."
        )
    log.info(f"pixels of {len(scenes)} scenes take {_gib(needed)} or more; {_gib(free)} are free")


def _sizes(scene: Scene, drawn: int) -> Iterator[int]:
    for path in (scene.path, *(file.path for file in scene.degraded)):
        if path is not None:
            size = _size(path)
            yield size if scene.degraded else size * (1 + drawn)


def _size(path: Path) -> int:
    try:
        with opened_image(path) as image:
            return stored_bytes(image.height, image.width)
    except ImageError:  # inspection says what is wrong with it
        return 0


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB"
