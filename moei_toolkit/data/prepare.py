"""Turn clean scenes into records and stored pairs, in parallel and in a fixed order."""

from __future__ import annotations

import ctypes
import hashlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np

from moei_toolkit.data.layouts import Layout, Scene
from moei_toolkit.data.pair_store import STORE_NAME, PairWriter
from moei_toolkit.data.records import Record, write_records
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.types import CLEAN

RECORDS_NAME = "meta.jsonl"
SEVERITIES = (0.15, 1.0)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Job:
    """One scene and what to make of it."""

    scene: Scene
    degradations: Mapping[str, Degradation]
    draws: int
    seed: int


@dataclass(frozen=True)
class Drawn:
    """One image of a scene: its task, severity and (H, W, 3) uint8 pixels."""

    name: str
    task: str
    severity: float
    pixels: np.ndarray


def prepare(
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
        DataError: When a scene cannot be loaded or the store not be written.
    """
    scenes = list(layout.scenes(seed))
    jobs = [Job(scene, degradations, draws.get(scene.split, 0), seed) for scene in scenes]
    records: list[Record] = []
    with PairWriter(folder / STORE_NAME) as writer:
        for done, (scene, images) in enumerate(zip(scenes, _run(jobs, workers), strict=True), start=1):
            records += [_store(writer, scene, image) for image in images]
            progress(done, len(scenes))
    write_records(folder / RECORDS_NAME, records)
    return records


def draw_images(job: Job) -> list[Drawn]:
    """Make the clean image of a scene and its degraded ones."""
    pixels, depth = job.scene.load()
    clean = pixels.astype(np.float32) / np.float32(255.0)
    images = [Drawn(job.scene.id, CLEAN, 0.0, pixels)]
    for task, degradation in job.degradations.items():
        for draw in range(job.draws):
            rng = image_generator(job.seed, job.scene.id, task, draw)
            severity = round(stratified_severity(draw, job.draws, rng), 6)
            degraded = degradation.apply(clean, depth, severity, rng)
            stored = (degraded * 255.0 + 0.5).astype(np.uint8)
            images.append(Drawn(f"{job.scene.id}-{task}-{draw}", task, severity, stored))
    return images


def image_generator(seed: int, scene: str, task: str, draw: int) -> np.random.Generator:
    """Return the generator of one image; no other image shares it."""
    return np.random.default_rng([seed, crc32(scene.encode()), crc32(task.encode()), draw])


def stratified_severity(draw: int, draws: int, rng: np.random.Generator) -> float:
    """Draw a severity from the part of the range that belongs to this draw, so that draws cover it all."""
    low, high = SEVERITIES
    return low + (high - low) * (draw + float(rng.random())) / draws


def _store(writer: PairWriter, scene: Scene, image: Drawn) -> Record:
    writer.put(image.name, image.pixels)
    height, width = image.pixels.shape[:2]
    return Record(
        id=image.name,
        dataset=scene.dataset,
        scene_id=scene.id,
        split=scene.split,
        path_raw=f"{STORE_NAME}#{image.name}",
        path_gt=f"{STORE_NAME}#{scene.id}",
        width=width,
        height=height,
        degradation=image.task,
        severity=image.severity,
        capture_id=scene.capture_id,
        hash=hashlib.sha256(image.pixels.tobytes()).hexdigest(),
        source=scene.source,
    )


def _start_worker() -> None:
    cv2.setNumThreads(1)
    if sys.platform == "linux":  # a worker must not outlive a parent that was killed
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(jobs: list[Job], workers: int | None) -> Iterator[list[Drawn]]:
    """Yield the images of every job, in order, with few results in memory at a time."""
    count = min(os.cpu_count() or 1, len(jobs)) if workers is None else workers
    if count == 0:
        yield from map(draw_images, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_start_worker) as pool:
        waiting = iter(jobs)
        with _interrupts_held():  # the workers start here and inherit it: Ctrl-C is for the parent to answer
            pending: list[Future[list[Drawn]]] = [
                pool.submit(draw_images, job) for job in islice(waiting, 3 * count)
            ]
        while pending:
            images = pending.pop(0).result()
            pending += [pool.submit(draw_images, job) for job in islice(waiting, 1)]
            yield images
