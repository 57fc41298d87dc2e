"""What the benchmarks restore, and with what: untrained networks and noise, for neither changes a cost."""

from __future__ import annotations

import copy

import numpy as np

from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.bench.against.benchmark import Scale
from moei_toolkit.bench.against.timing import Work
from moei_toolkit.bench.measuring.building import make_image
from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.bench.measuring.usual_tiler import lay_out_plainly, restore_usual
from moei_toolkit.experts.adapter import Adapter
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.types import DENSE

EXPERTS = ("rain", "haze", "snow")
PROTOCOL = Protocol(overview_size=64, probe_size=128, probes=8)


def make_model() -> EagerRuntime:
    """Return the default backbone with one adapter for each weather."""
    backbone = GlobalUNet()
    return EagerRuntime(backbone, {name: Adapter(backbone) for name in EXPERTS}, PROTOCOL)


def noise(scale: Scale) -> np.ndarray:
    """Return an image (H, W, 3) of uint8 noise."""
    return make_image(Size(scale.width, scale.height))


def usual_tiler(runtime: EagerRuntime, image: np.ndarray, g: np.ndarray) -> Work:
    """Return the usual tiler at work on an image with descriptor g: dense, with a copy of the networks."""
    plain = copy.deepcopy(runtime)
    lay_out_plainly(plain)

    def restore() -> None:
        restore_usual(plain.backbone, plain.experts[DENSE], image, g, PROTOCOL.tile, PROTOCOL.overlap)

    return restore
