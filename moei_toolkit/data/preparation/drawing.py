"""Weather drawn over clean scenes, every image from a generator of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.preparation.checking.seeing import see
from moei_toolkit.data.preparation.results import SceneResult
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.types import CLEAN

SEVERITIES = (0.15, 1.0)


@dataclass(frozen=True)
class DrawingJob:
    """One scene and what to make of it.

    Attributes:
        scene: The clean scene.
        weather: By task.
        draws: Degraded images per task.
        seed: Of everything random.
        with_clean: Whether the clean image is wanted too.
    """

    scene: Scene
    weather: Mapping[str, Degradation]
    draws: int
    seed: int
    with_clean: bool = True


@dataclass(frozen=True)
class Drawn:
    """One image of a scene: its task, severity and (H, W, 3) uint8 pixels."""

    name: str
    task: str
    severity: float
    pixels: np.ndarray


def draw_images(job: DrawingJob) -> list[Drawn]:
    """Make the clean image of a scene, if it is wanted, and its degraded ones.

    Adding a scene or a task changes no other image.
    """
    pixels, depth = job.scene.load()
    clean = pixels.astype(np.float32) / np.float32(255.0)
    images = [Drawn(job.scene.id, CLEAN, 0.0, pixels)] if job.with_clean else []
    for task, degradation in job.weather.items():
        for draw in range(job.draws):
            rng = image_generator(job.seed, job.scene.id, task, draw)
            severity = round(stratified_severity(draw, job.draws, rng), 6)
            degraded = degradation.apply(clean, depth, severity, rng)
            stored = (degraded * 255.0 + 0.5).astype(np.uint8)
            images.append(Drawn(drawn_id(job.scene.id, task, draw), task, severity, stored))
    return images


def draw_scene(job: DrawingJob) -> SceneResult:
    """Make the images of a scene, and say what there is to know of each."""
    drawn = draw_images(job)
    images = (
        see(
            image.name,
            image.task,
            image.severity,
            None if image.task == CLEAN else job.weather[image.task].estimate(image.pixels),
            image.pixels,
            job.scene.id,
        )
        for image in drawn
    )
    return SceneResult(tuple(images), pixels={image.name: image.pixels for image in drawn})


def drawn_id(scene: str, task: str, draw: int) -> str:
    """Return the id of a degraded image."""
    return f"{scene}-{task}-{draw}"


def image_generator(seed: int, scene: str, task: str, draw: int) -> np.random.Generator:
    """Return the generator of one image; no other image shares it."""
    return np.random.default_rng([seed, crc32(scene.encode()), crc32(task.encode()), draw])


def stratified_severity(draw: int, draws: int, rng: np.random.Generator) -> float:
    """Draw a severity from the part of the range that belongs to this draw, so that draws cover it all."""
    low, high = SEVERITIES
    return low + (high - low) * (draw + float(rng.random())) / draws
