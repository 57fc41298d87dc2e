"""One step of preparation over many scenes: reuse what is done, do the rest in workers, keep pixels safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from moei_toolkit.data.preparation.keeping.keeper import Keeper
from moei_toolkit.data.preparation.keeping.ledger import Entry, Ledger
from moei_toolkit.data.preparation.results import SceneResult
from moei_toolkit.data.preparation.workers import run_jobs
from moei_toolkit.io.images.pixels import hash_pixels
from moei_toolkit.io.reporter import Reporter

COMMIT_BYTES, COMMIT_SECONDS = 128 << 20, 5.0
Job = TypeVar("Job")


@dataclass(frozen=True)
class SceneJob(Generic[Job]):
    """What a step does with one scene.

    Attributes:
        scene: Id of the scene.
        signature: Hash of all that the result depends on.
        job: Handed to the worker.
        files: The file of every key whose pixels lie in one.
    """

    scene: str
    signature: str
    job: Job
    files: Mapping[str, Path]


@dataclass(frozen=True)
class StepRunner:
    """Runs steps.

    Attributes:
        ledger: What is done.
        keeper: Where pixels go.
        log: Told how far it is.
        workers: Processes; all cores when None, none but this one when 0.
    """

    ledger: Ledger
    keeper: Keeper
    log: Reporter
    workers: int | None

    def run(
        self, step: str, work: Callable[[Job], SceneResult], jobs: Sequence[SceneJob[Job]]
    ) -> dict[str, Entry]:
        """Return an entry for every scene, in the order of the jobs.

        Raises:
            DataError: A worker failed, or an image cannot be kept.
            StoreError: The disk is full or read-only.
        """
        entries = {job.scene: self._done(step, job) for job in jobs}
        missing = [job for job in jobs if entries[job.scene] is None]
        if len(missing) < len(jobs):
            self.log.info(f"{step}: {len(jobs) - len(missing)} of {len(jobs)} scenes are as they were")
        pending: list[Entry] = []
        size, last = 0, time.monotonic()
        with self.log.progress(len(missing), step) as progress:
            results = run_jobs(work, [job.job for job in missing], _bytes_of, self.workers)
            for job, result in zip(missing, results, strict=True):
                entry = self._keep(step, job, result)
                pending.append(entry)
                entries[job.scene] = entry
                size += _bytes_of(result)
                if size > COMMIT_BYTES or time.monotonic() - last > COMMIT_SECONDS:
                    self._commit(pending)
                    size, last = 0, time.monotonic()
                progress.advance(1, job.scene)
            self._commit(pending)
        return {scene: entry for scene, entry in entries.items() if entry}

    def missing(self, step: str, jobs: Sequence[SceneJob[Job]]) -> list[SceneJob[Job]]:
        """Return the jobs that a run of the step would do."""
        return [job for job in jobs if self._done(step, job) is None]

    def _done(self, step: str, job: SceneJob[Job]) -> Entry | None:
        entry = self.ledger.find(step, job.scene, job.signature)
        if entry is None:
            return None
        hashes = {image.id: image.hash for image in entry.result.images}
        whole = all(self.keeper.has(place, hashes.get(key, "")) for key, place in entry.places.items())
        return entry if whole else None

    def _keep(self, step: str, job: SceneJob[Job], result: SceneResult) -> Entry:
        known = {image.id: image.hash for image in result.images}
        places = {
            key: self.keeper.keep(key, known.get(key) or hash_pixels(pixels), pixels)
            for key, pixels in result.pixels.items()
        }
        for image in result.images:
            for key in (image.id, image.clean_key):
                if key not in places and key in job.files:
                    places[key] = self.keeper.place_of(job.files[key])
        return Entry(step, job.scene, job.signature, replace(result, pixels={}), places)

    def _commit(self, pending: list[Entry]) -> None:
        """Write entries down once the pixels they speak of are safe."""
        if pending:
            self.keeper.commit()
            self.ledger.add(pending)
            pending.clear()


def _bytes_of(result: SceneResult) -> int:
    return sum(pixels.nbytes for pixels in result.pixels.values())
