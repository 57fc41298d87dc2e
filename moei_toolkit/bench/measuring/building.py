"""From a subject to something that restores an image and says how long each hop took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moei_toolkit.bench.measuring.dearest import dearest
from moei_toolkit.bench.measuring.row_sink import use_rows
from moei_toolkit.bench.measuring.subject import Model, Size, Subject
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.stopwatch import timed
from moei_toolkit.types import DENSE, Precision


@dataclass(frozen=True)
class Built:
    """A subject that is loaded.

    Attributes:
        restore: Restores an image (H, W, 3) uint8; returns the seconds of describe, decide and restore.
        precision: What its tiles are computed in, whatever was asked for.
        route: What its tiles go along, whatever is decided.
    """

    restore: Callable[[np.ndarray], dict[str, float]]
    precision: Precision
    route: str


def make_image(size: Size) -> np.ndarray:
    """Return an image (H, W, 3) of uint8 noise: what a network costs does not depend on what it sees."""
    return np.random.default_rng(0).integers(0, 256, (size.height, size.width, 3), np.uint8)


def build_subject(model: Model, subject: Subject) -> Built:
    """Load what a subject is made of; MoE-I goes along its dearest expert.

    Raises:
        ConfigError: If the model has no such policy, or the runtime cannot run it.
        CheckpointError: If weights are damaged.
    """
    if subject.runtime in ("eager", "compile"):
        return _build_torch(model, subject)
    if model.bundle is None:
        raise ConfigError(f"runtime {subject.runtime!r} needs an exported bundle, got none")
    from moei_toolkit.inference.export.loading import load_bundle
    from moei_toolkit.inference.export.record import graphs_in

    folder = Path(model.bundle)
    runtime, decider = load_bundle(folder, subject.runtime, subject.threads)
    if subject.precision is not None:
        runtime = runtime.in_precision(subject.precision)
    if subject.policy == DENSE:
        return _by_bands(runtime, None, subject, DENSE)
    graphs = graphs_in(folder, decider.experts).routes
    sizes = {name: graphs[name].stat().st_size for name in decider.experts}
    return _by_bands(runtime, decider, subject, dearest(sizes, runtime.protocol.guides))


def _build_torch(model: Model, subject: Subject) -> Built:
    import torch

    from moei_toolkit.bench.measuring.torch_subject import build_eager

    if subject.threads is not None:
        torch.set_num_threads(subject.threads)
    runtime, decider, route = build_eager(model, subject)
    if subject.precision is not None:
        runtime = runtime.in_precision(subject.precision)
    if subject.runtime == "compile":
        from moei_toolkit.inference.runtimes.compiled import CompiledRuntime

        return _by_bands(CompiledRuntime(runtime), decider, subject, route)
    if subject.tiling == "whole":
        from moei_toolkit.bench.measuring.usual_tiler import restore_usual

        backbone, expert, protocol = runtime.backbone, runtime.experts[route], runtime.protocol

        def whole(image: np.ndarray, g: np.ndarray) -> None:
            restore_usual(backbone, expert, image, g, protocol.tile, protocol.overlap)

        return replace(_by_hops(runtime, decider, route, whole), precision="float32")
    return _by_bands(runtime, decider, subject, route)


def _by_bands(runtime: Runtime, decider: Decider | None, subject: Subject, route: str) -> Built:
    batched = runtime.in_batches(subject.batch)
    return _by_hops(runtime, decider, route, lambda image, g: use_rows(batched.restore_rows(image, route, g)))


def _by_hops(
    runtime: Runtime,
    decider: Decider | None,
    route: str,
    restore: Callable[[np.ndarray, np.ndarray], None],
) -> Built:
    """Return the three hops; MoE-I decides and then goes along one expert, whatever was decided."""

    def hops(image: np.ndarray) -> dict[str, float]:
        seconds = dict.fromkeys(("describe", "decide", "restore"), 0.0)
        with timed(seconds, "describe"):
            g = runtime.describe(image)
        if decider is not None:
            with timed(seconds, "decide"):
                decider.decide(g)
        with timed(seconds, "restore"):
            restore(image, g)
        return seconds

    return Built(hops, runtime.protocol.precision, route)
