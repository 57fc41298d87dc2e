"""Weather over a large photograph on one core, against writing its pixels to PNG and reading them once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.photograph import make_photograph
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.data.weather.base import Degradation


def against_png(name: str, weather: Degradation) -> Benchmark:
    """Return the benchmark of one kind of weather at full severity; depth is estimated each time.

    Args:
        name: Of the weather.
        weather: What is drawn.
    """

    def prepare(scale: Scale) -> tuple[Work, Work]:
        pixels = make_photograph(scale, seed=0)
        clean = pixels.astype(np.float32) / np.float32(255.0)

        def draw() -> np.ndarray:
            rng = np.random.default_rng(0)
            with _one_core():
                return weather.apply(clean, estimate_depth(clean, rng), 1.0, rng)

        def write_and_read() -> object:
            with _one_core():
                return cv2.imdecode(cv2.imencode(".png", pixels)[1], cv2.IMREAD_COLOR)

        return draw, write_and_read

    return Benchmark(
        f"synthesis_{name}", f"{name} over a photograph", "its PNG once", Target("<=", 2), prepare
    )


@contextmanager
def _one_core() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
