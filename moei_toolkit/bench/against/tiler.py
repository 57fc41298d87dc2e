"""The usual tiler of restoration repositories against the toolkit's, with the same network in PyTorch."""

from __future__ import annotations

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import make_model, noise, usual_tiler
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.bench.measuring.row_sink import use_rows
from moei_toolkit.types import DENSE


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to restore an image of noise from pixels to pixels."""
    runtime, image = make_model(), noise(scale)
    g = runtime.describe(image)
    return usual_tiler(runtime, image, g), lambda: use_rows(runtime.restore_rows(image, DENSE, g))


BENCHMARK = Benchmark("tiler", "the usual tiler", "by bands, in channels last", Target(">=", 1.4), prepare)
