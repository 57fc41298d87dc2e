"""An image described, decided on and restored by an expert, against described and restored by dense."""

from __future__ import annotations

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.model import EXPERTS, make_model, noise
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.eager import EagerRouter
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.types import DENSE


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return both, from pixels to rows."""
    runtime, image = make_model(), noise(scale)
    router = EagerRouter(MLPRouter(runtime.backbone.descriptor_dim, len(EXPERTS)))
    decider = Decider(router, Temperature(), 0.0, EXPERTS)

    def routed() -> None:
        g = runtime.describe(image)
        for _ in runtime.restore_rows(image, decider.decide(g).route, g):
            pass

    def dense() -> None:
        g = runtime.describe(image)
        for _ in runtime.restore_rows(image, DENSE, g):
            pass

    return routed, dense


BENCHMARK = Benchmark("overhead", "MoE-I", "dense", Target("<=", 1.05), prepare)
