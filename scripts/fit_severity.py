"""Fits the weights in moei_toolkit/data/weather/signs/, and says how good the estimates are.

Run it with the Python of the toolkit and paste what it prints; about ten minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from zlib import crc32

import cv2
import numpy as np
from scipy.stats import spearmanr

from moei_toolkit.cli import parse_path, run_main
from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.data.layouts.clean_photos import CleanPhotos
from moei_toolkit.data.layouts.embedded import load_photo, train_photos
from moei_toolkit.data.photos import PHOTOS, TEXTURES
from moei_toolkit.data.scenes.make import make_scene
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.data.weather.rain import Rain
from moei_toolkit.data.weather.signs import haze, rain, snow
from moei_toolkit.data.weather.signs.estimator import Estimator
from moei_toolkit.data.weather.snow import Snow
from moei_toolkit.errors import MoeiError
from moei_toolkit.registry import DEGRADATIONS

FITTED = {(384, 384): 300, (768, 1024): 30, (1080, 1920): 20, (2160, 3840): 6}
HELD_OUT = {(384, 384): 60, (768, 1024): 15, (1080, 1920): 10, (2160, 3840): 4}
CROPS, DRAWS = 16, 3
IMPORTANCE = {"photograph": 1.5, "clean": 1.5}
"""Of these in the fit: photographs are few, and clean pictures are to come out low."""
RIDGE = 0.002


@dataclass(frozen=True)
class Kind:
    """A weather, and what estimates its severity."""

    weather: Degradation
    estimator: Estimator


@dataclass(frozen=True)
class Scene:
    """A clean picture and its depth."""

    name: str
    pixels: np.ndarray
    depth: np.ndarray
    is_photo: bool


@dataclass(frozen=True)
class Image:
    """What is kept of one picture: its signs of one weather."""

    scene: str
    severity: float
    signs: np.ndarray
    is_photo: bool


def generated(seed: int, counts: dict[tuple[int, int], int]) -> Iterator[Scene]:
    """Yield generated scenes of several sizes."""
    for (height, width), count in counts.items():
        for number in range(count):
            rng = np.random.default_rng([seed, height, number])
            yield Scene(f"{seed}-{height}-{number}", *make_scene(height, width, rng, train_photos()), False)


def crops() -> Iterator[Scene]:
    """Yield pieces, darker and lighter, of the photographs that are not for tests."""
    for photo in (*PHOTOS, *TEXTURES):
        if photo.split == "test":
            continue
        whole, _ = load_photo(photo, 1024, 0)
        for number in range(CROPS):
            rng = np.random.default_rng([crc32(photo.name.encode()), number])
            sides = [int(side * rng.uniform(0.4, 1.0)) for side in whole.shape[:2]]
            top, left = (rng.integers(0, whole.shape[axis] - sides[axis] + 1) for axis in (0, 1))
            piece = whole[top : top + sides[0], left : left + sides[1]] / 255.0
            clean = np.power(piece, rng.uniform(0.6, 1.6)).astype(np.float32)
            pixels = (clean * 255.0 + 0.5).astype(np.uint8)
            yield Scene(f"{photo.name}-{number}", pixels, estimate_depth(clean, rng), True)


def test_photos() -> Iterator[Scene]:
    """Yield the photographs that are for tests."""
    for photo in PHOTOS:
        if photo.split == "test":
            yield Scene(photo.name, *load_photo(photo, 1024, 0), True)


def photos_in(folder: Path) -> Iterator[Scene]:
    """Yield the photographs of a folder in full size."""
    for found in CleanPhotos(folder).scenes(0):
        yield Scene(found.id, *found.load(), True)


def weathered(scenes: Iterator[Scene], kinds: Mapping[str, Kind]) -> dict[str, list[Image]]:
    """Return the signs of every scene, clean and under weather of light, middle and heavy severity."""
    images: dict[str, list[Image]] = {name: [] for name in kinds}
    for scene in scenes:
        clean = scene.pixels.astype(np.float32) / np.float32(255.0)
        for name, kind in kinds.items():
            measure = kind.estimator.measure
            images[name].append(Image(scene.name, 0.0, measure(scene.pixels), scene.is_photo))
            for draw in range(DRAWS):
                rng = np.random.default_rng([crc32(scene.name.encode()), crc32(name.encode()), draw])
                severity = 0.15 + 0.85 * (draw + rng.random()) / DRAWS
                drawn = (kind.weather.apply(clean, scene.depth, severity, rng) * 255.0 + 0.5).astype(np.uint8)
                images[name].append(Image(scene.name, severity, measure(drawn), scene.is_photo))
    return images


def fit(images: list[Image]) -> tuple[np.ndarray, float]:
    """Return weights and offset by weighted ridge regression on standardised signs."""
    signs, severity = stacked(images)
    importance = np.array(
        [
            (IMPORTANCE["photograph"] if image.is_photo else 1.0)
            * (IMPORTANCE["clean"] if image.severity == 0.0 else 1.0)
            for image in images
        ]
    )
    mean, spread = signs.mean(0), signs.std(0) + 1e-9
    columns = np.c_[(signs - mean) / spread, np.ones(len(signs))]
    penalty = RIDGE * importance.sum() * np.diag([*np.ones(signs.shape[1]), 0.0])
    weighted = columns * importance[:, None]
    solution = np.linalg.solve(weighted.T @ columns + penalty, weighted.T @ severity)
    weights = solution[:-1] / spread
    return weights, float(solution[-1] - weights @ mean)


def stacked(images: list[Image]) -> tuple[np.ndarray, np.ndarray]:
    """Return signs (N, S) and severities (N,)."""
    return np.stack([image.signs for image in images]), np.array([image.severity for image in images])


def judged(images: list[Image], weights: np.ndarray, offset: float) -> str:
    """Return in a line how good the estimates of images are."""
    signs, severity = stacked(images)
    estimate = np.clip(signs @ weights + offset, 0.0, 1.0)
    weather = severity > 0.0
    within = [
        spearmanr(severity[at : at + DRAWS + 1], estimate[at : at + DRAWS + 1]).statistic
        for at in range(0, len(images), DRAWS + 1)
        if np.ptp(estimate[at : at + DRAWS + 1]) > 0.0
    ]
    means = (estimate[chosen].mean() for chosen in (~weather, severity < 0.4, severity > 0.75))
    return (
        f"{len(images)} images, rank correlation {spearmanr(severity, estimate).statistic:.3f}, "
        f"without clean ones {spearmanr(severity[weather], estimate[weather]).statistic:.3f}, "
        f"within a scene {np.mean(within):.2f}; mean of clean, below 0.4, above 0.75: "
        + ", ".join(f"{mean:.2f}" for mean in means)
    )


def main(argv: Sequence[str]) -> int:
    """Fit and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "weather",
        nargs="*",
        type=parse_weather,
        metavar="NAME=MODULE:ESTIMATOR",
        help="somebody else's weather and its estimator; rain, haze and snow of the toolkit by default",
    )
    parser.add_argument("--photos", type=parse_path, help="a folder of clean photographs to measure on, too")
    args = parser.parse_args(argv)

    cv2.setNumThreads(1)
    kinds = dict(args.weather) or {
        "haze": Kind(Haze(), haze.SEVERITY),
        "rain": Kind(Rain(), rain.SEVERITY),
        "snow": Kind(Snow(), snow.SEVERITY),
    }
    sets = {
        "fitted": weathered(generated(100, FITTED), kinds),
        "generated": weathered(generated(200, HELD_OUT), kinds),
        "test photographs": weathered(test_photos(), kinds),
    }
    pieces = weathered(crops(), kinds)
    for name in kinds:
        sets["fitted"][name] += pieces[name]
    if args.photos:
        sets["photographs"] = weathered(photos_in(args.photos), kinds)
    for name in kinds:
        weights, offset = fit(sets["fitted"][name])
        listed = ", ".join(f"{weight:.4g}" for weight in weights)
        sys.stdout.write(f"{name}\n  weights=({listed}),\n  offset={offset:.4g},\n")
        for part, images in sets.items():
            sys.stdout.write(f"  {part}: {judged(images[name], weights, offset)}\n")
    return 0


def parse_weather(text: str) -> tuple[str, Kind]:
    """Read ``NAME=MODULE:ESTIMATOR``, for `argparse`."""
    name, _, path = text.partition("=")
    try:
        return name, Kind(DEGRADATIONS.build({"type": name}), resolve_name(path))
    except (MoeiError, ImportError, AttributeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"expected NAME=MODULE:ESTIMATOR, got {text!r}: {error}") from error


if __name__ == "__main__":
    run_main(main)
