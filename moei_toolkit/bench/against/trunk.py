"""An image restored along every route with a shared encoder, against once per route."""

from __future__ import annotations

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import make_model, noise
from moei_toolkit.bench.against.timing import Work


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to restore an image."""
    runtime, image = make_model(), noise(scale)
    g = runtime.describe(image)

    def one_by_one() -> None:
        for route in runtime.routes:
            runtime.restore(image, route, g)

    return lambda: runtime.restore_routes(image, g), one_by_one


BENCHMARK = Benchmark("trunk", "all routes at once", "route by route", Target("<=", 0.7), prepare)
