"""Look at the files of a scene: is each usable, do they belong together, how strong is the weather?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moei_toolkit.data.layouts.base import DegradedFile, Scene
from moei_toolkit.data.preparation.checking.alignment import Shift, measure_shift, repair
from moei_toolkit.data.preparation.checking.perceptual_hash import hash_to_text, perceptual_hash
from moei_toolkit.data.preparation.checking.seeing import see
from moei_toolkit.data.preparation.checking.verification import check_sizes, read_checked
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.data.preparation.results import Finding, SceneResult, Seen
from moei_toolkit.data.preparation.splitting.bursts import when_taken
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.errors import DataError
from moei_toolkit.types import CLEAN

UNKNOWN_SEVERITY = 0.5
"""Stands for the severity of weather that is published without any and that nobody can estimate."""
AS_IT_IS = "it is used as it is"
REPAIRED = "@clean"
"""How the key of a clean image ends that was cropped to fit one degraded image."""


@dataclass(frozen=True)
class Checks:
    """What is asked of files.

    Attributes:
        smallest_side: Images with a shorter side are not used, pixels.
        largest_shift: A pair is misaligned when it is shifted by more, pixels.
        misaligned: What becomes of such a pair: "list" names it, "drop" leaves it out, "repair" crops both
            images to what they share.
    """

    smallest_side: int = 64
    largest_shift: float = 0.5
    misaligned: str = "list"


@dataclass(frozen=True)
class InspectionJob:
    """A scene that lies on a disk.

    Attributes:
        scene: It has a path.
        checks: What is asked of its files.
        root: Findings name files relative to this folder.
        keep: Whether its pixels are wanted; those that no file holds always are.
        weather: What tells how severe its degraded images are, by degradation.
    """

    scene: Scene
    checks: Checks
    root: Path
    keep: bool
    weather: Mapping[str, Degradation]


def inspect_scene(job: InspectionJob) -> SceneResult:
    """Read every file of a scene once, and say what is wrong with each."""
    inspection = _Inspection(job)
    inspection.run()
    return SceneResult(
        tuple(inspection.images),
        inspection.perceptual,
        tuple(inspection.findings),
        when_taken(job.scene.path) if job.scene.path and inspection.images else "",
        inspection.pixels,
    )


class _Inspection:
    def __init__(self, job: InspectionJob) -> None:
        self._job = job
        self.images: list[Seen] = []
        self.findings: list[Finding] = []
        self.pixels: dict[str, np.ndarray] = {}
        self.perceptual: str | None = None

    def run(self) -> None:
        scene = self._job.scene
        clean = self._read(scene.path or Path())
        if clean is None:
            for file in scene.degraded:
                self._find(
                    file.path, "unpaired", f"its clean image {self._name(scene.path)} is unusable", True
                )
            return
        self.perceptual = hash_to_text(perceptual_hash(clean))
        self._keep(scene.id, clean)
        self.images.append(see(scene.id, CLEAN, 0.0, None, clean, scene.id))
        for file in scene.degraded:
            self._inspect_degraded(file, clean)

    def _inspect_degraded(self, file: DegradedFile, clean: np.ndarray) -> None:
        degraded = self._read(file.path)
        if degraded is None:
            return
        try:
            check_sizes(clean, degraded)
        except DataError as error:
            self._find(file.path, "unusable", str(error), True)
            return
        if np.array_equal(clean, degraded):
            self._find(file.path, "remark", "its pixels are those of its clean image", False)
        shift = measure_shift(clean, degraded)
        pair = self._aligned(file, clean, degraded, shift)
        if pair is None:
            return
        fitted, degraded = pair
        clean_key = self._job.scene.id
        repaired = fitted is not clean
        if repaired:
            clean_key = f"{file.id}{REPAIRED}"
            self._keep(clean_key, fitted, altered=True)
        weather = self._job.weather.get(file.degradation)
        estimate = weather.estimate(degraded) if weather else None
        known = (value for value in (file.level, estimate, UNKNOWN_SEVERITY) if value is not None)
        severity = next(known)
        self._keep(file.id, degraded, altered=repaired)
        length = shift.length if shift.known else None
        self.images.append(see(file.id, file.degradation, severity, estimate, degraded, clean_key, length))

    def _aligned(
        self, file: DegradedFile, clean: np.ndarray, degraded: np.ndarray, shift: Shift
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the pair as it is to be used; None when it is not."""
        checks = self._job.checks
        if not shift.exceeds(checks.largest_shift):
            return clean, degraded
        distance = f"{shift.rows:+.2f} rows and {shift.columns:+.2f} columns"
        moved = f"it is shifted by {distance} against its clean image"
        if checks.misaligned == "drop":
            self._find(file.path, "misaligned", moved, True)
            return None
        if checks.misaligned == "repair":
            pair = repair(clean, degraded, shift)
            height, width = pair[0].shape[:2]
            if min(height, width) < checks.smallest_side:
                left = f"{moved}; of what both share only {width}x{height} pixels are left"
                self._find(file.path, "misaligned", left, True)
                return None
            self._find(file.path, "misaligned", f"{moved}; both were cropped to what they share", False)
            return pair
        self._find(file.path, "misaligned", f"{moved}; {AS_IT_IS}", False)
        return clean, degraded

    def _read(self, path: Path) -> np.ndarray | None:
        try:
            checked = read_checked(path, min_side=self._job.checks.smallest_side)
        except DataError as error:
            self._find(path, "unusable", str(error).removeprefix(f"{path}: "), True)
            return None
        for remark in checked.remarks:
            self._find(path, "remark", remark, False)
        return checked.pixels

    def _keep(self, key: str, pixels: np.ndarray, altered: bool = False) -> None:
        if self._job.keep or altered:
            self.pixels[key] = pixels

    def _find(self, path: Path, kind: str, reason: str, dropped: bool) -> None:
        self.findings.append(Finding(self._name(path), kind, reason, dropped))

    def _name(self, path: Path | None) -> str:
        return name_below(self._job.root, path or Path())
