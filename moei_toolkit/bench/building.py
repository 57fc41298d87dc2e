"""From a subject to something that restores an image and says how long each hop took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from moei_toolkit.bench.subject import Model, Size, Subject
from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.io.images import to_pixels
from moei_toolkit.types import ACTUAL, DENSE, TOP2

_PIECE = 32
"""Rows that become pixels at a time."""

Restore = Callable[[np.ndarray], dict[str, float]]
"""Restores an image (H, W, 3) uint8; returns the seconds of describe, decide and restore."""


def make_image(size: Size, seed: int = 0) -> np.ndarray:
    """Return an image (H, W, 3) of uint8 noise: what a network costs does not depend on what it sees."""
    return np.random.default_rng(seed).integers(0, 256, (size.height, size.width, 3), np.uint8)


def build_subject(model: Model, subject: Subject) -> Restore:
    """Load what a subject is made of.

    Raises:
        ConfigError: If the model has no such policy, or the runtime cannot run it.
        CheckpointError: If weights are damaged.
    """
    if subject.runtime in ("eager", "compile"):
        return _build_torch(model, subject)
    plain = Subject(subject.name, subject.policy, subject.runtime, threads=subject.threads)
    if subject.policy not in (DENSE, ACTUAL) or subject != plain:
        raise ConfigError(
            f"runtime {subject.runtime!r} runs the dense model and MoE-I of a bundle, tile by tile on the "
            f"processor, got policy {subject.policy!r}, {subject}"
        )
    if model.bundle is None:
        raise ConfigError(f"runtime {subject.runtime!r} needs an exported bundle, got none")
    from moei_toolkit.inference.export.loading import load_bundle

    runtime, decider = load_bundle(Path(model.bundle), subject.runtime, subject.threads)
    return _hops(runtime, decider, subject.policy, next(iter(decider.experts)))


def _build_torch(model: Model, subject: Subject) -> Restore:
    import torch

    from moei_toolkit.bench.torch_subject import build_eager

    if subject.threads is not None:
        torch.set_num_threads(subject.threads)
    runtime, decider, route = build_eager(model, subject)
    if subject.runtime == "compile":
        from moei_toolkit.inference.runtimes.compiled import CompiledRuntime

        return _hops(CompiledRuntime(runtime), decider, subject.policy, route)
    if subject.tiling == "whole":
        from moei_toolkit.bench.usual import restore_usual

        protocol = runtime.protocol
        return _timed_whole(
            runtime,
            lambda image, g: restore_usual(
                runtime.backbone, runtime.experts[route], image, g, protocol.tile, protocol.overlap
            ),
        )
    return _hops(runtime, decider, subject.policy, route)


def _hops(runtime: Runtime, decider: Decider | None, policy: str, route: str) -> Restore:
    """Return the three hops; MoE-I decides and then goes along one expert, whatever was decided."""
    route = DENSE if policy == DENSE else route

    def restore(image: np.ndarray) -> dict[str, float]:
        started = time.perf_counter()
        g = runtime.describe(image)
        described = time.perf_counter()
        decided = described
        if policy in (ACTUAL, TOP2) and decider is not None:
            decider.decide(g)
            decided = time.perf_counter()
        _use(runtime.restore_rows(image, route, g))
        done = time.perf_counter()
        return {"describe": described - started, "decide": decided - described, "restore": done - decided}

    return restore


def _timed_whole(runtime: Runtime, restore: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Restore:
    def timed(image: np.ndarray) -> dict[str, float]:
        started = time.perf_counter()
        g = runtime.describe(image)
        described = time.perf_counter()
        restore(image, g)
        return {"describe": described - started, "decide": 0.0, "restore": time.perf_counter() - described}

    return timed


def _use(rows: Iterable[tuple[int, np.ndarray]]) -> None:
    """Turn rows into the pixels of a file, a few at a time as a writer does, and drop them."""
    for _, part in rows:
        for top in range(0, len(part), _PIECE):
            to_pixels(part[top : top + _PIECE].transpose(2, 0, 1))
