"""An image restored along every route with a shared encoder, against once per route."""

from __future__ import annotations

import numpy as np

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.bench.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.timing import Work
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.inference.routed import Protocol, RoutedBackbone

EXPERTS = ("rain", "haze", "snow")
PROTOCOL = Protocol(overview_size=64, probe_size=128, probes=8)


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return the two ways to restore an image of noise with untrained networks; training changes no cost."""
    backbone = GlobalUNet()
    routed = RoutedBackbone(backbone, {name: Adapter(backbone) for name in EXPERTS}, PROTOCOL)
    image = np.random.default_rng(0).integers(0, 256, (scale.height, scale.width, 3), np.uint8)
    g = routed.describe(image)

    def one_by_one() -> None:
        for route in routed.routes:
            routed.restore(image, route, g)

    return lambda: routed.restore_routes(image, g), one_by_one


BENCHMARK = Benchmark("trunk", "all routes at once", "route by route", Target("<=", 0.7), prepare)
