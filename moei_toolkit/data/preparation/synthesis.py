"""Turn clean scenes, whose splits are decided, into records and stored pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from moei_toolkit.data.layouts.base import Layout, Scene
from moei_toolkit.data.preparation.drawing import DrawingJob, Drawn, draw_images
from moei_toolkit.data.preparation.workers import run_jobs
from moei_toolkit.data.records import RECORDS_NAME, Record, write_records
from moei_toolkit.data.storage.pair_store import STORE_NAME
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.errors import DataError
from moei_toolkit.io.images.pixels import hash_pixels


def synthesise(
    layout: Layout,
    degradations: Mapping[str, Degradation],
    draws: Mapping[str, int],
    seed: int,
    folder: Path,
    progress: Callable[[int, int], None],
    workers: int | None = None,
) -> list[Record]:
    """Write meta.jsonl and pairs.lmdb into a folder.

    Every scene becomes one clean record and, per task, as many degraded ones as its split has draws. Each
    image has a generator of its own, seeded by seed, scene, task and draw, so that adding a scene or a task
    changes no other image. The number of workers changes nothing but time.

    Args:
        layout: Where scenes come from.
        degradations: Weather by task name.
        draws: Degraded images per task and scene, by split; 0 where a split is not named.
        seed: Of everything random.
        folder: An existing folder without a pair store.
        progress: Called with the number of finished scenes and of all scenes.
        workers: Processes; all cores when None, none but this one when 0.

    Returns:
        The records, as written.

    Raises:
        DataError: When a scene cannot be loaded, its split is not decided, or the store not be written.
    """
    scenes = list(layout.scenes(seed))
    jobs = [DrawingJob(scene, degradations, draws.get(split_of(scene), 0), seed) for scene in scenes]
    records: list[Record] = []
    with PairWriter(folder / STORE_NAME) as writer:
        for done, (scene, images) in enumerate(
            zip(scenes, run_jobs(draw_images, jobs, _bytes_of, workers), strict=True), start=1
        ):
            records += [_store(writer, scene, image) for image in images]
            progress(done, len(scenes))
    write_records(folder / RECORDS_NAME, records)
    return records


def split_of(scene: Scene) -> str:
    """Return the split of a scene.

    Raises:
        DataError: When nobody has decided, or its images lie on a disk and nobody has checked them.
    """
    if scene.split is None or scene.degraded or scene.path:
        raise DataError(
            f"scene {scene.id!r} of {scene.dataset!r} lies on a disk and is neither checked nor split. "
            "Prepare it with tools/prepare_data.py, and name the result in data.prepared."
        )
    return scene.split


def _store(writer: PairWriter, scene: Scene, image: Drawn) -> Record:
    writer.put(image.name, image.pixels)
    height, width = image.pixels.shape[:2]
    return Record(
        id=image.name,
        dataset=scene.dataset,
        scene_id=scene.id,
        split=split_of(scene),
        path_raw=f"{STORE_NAME}#{image.name}",
        path_gt=f"{STORE_NAME}#{scene.id}",
        width=width,
        height=height,
        degradation=image.task,
        severity=image.severity,
        capture_id=scene.capture_id,
        hash=hash_pixels(image.pixels),
        source=scene.source,
    )


def _bytes_of(images: list[Drawn]) -> int:
    return sum(image.pixels.nbytes for image in images)
