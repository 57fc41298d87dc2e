"""Operations and parameters: costs that no machine changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.bench.parameters import parameters_of
from moei_toolkit.inference.flops import FlopCount, counting_operations
from moei_toolkit.inference.loading.trained import parts_in
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.inference.tiles.tiling import tile_grid
from moei_toolkit.routers.base import Router

UNIT = "1e9 floating point operations of convolutions and matrix products, a multiply-add being two"


@dataclass(frozen=True)
class RouteCount:
    """What one route takes.

    Attributes:
        route: Its name.
        tile_gflops: Of one tile; the last ones of rows and columns may be smaller.
        gflops: Of an image: describing it, its guide where the route has one, and all its tiles.
        parameters: Of what the backbone wears.
        share: Those, as a share of the backbone's.
        active: Parameters that an image passes: backbone, router and what is worn.
    """

    route: str
    tile_gflops: float
    gflops: float
    parameters: int
    share: float
    active: int


@dataclass(frozen=True)
class Counts:
    """What a model takes to restore an image.

    Attributes:
        size: Of the image.
        unit: Of all counts of operations.
        tiles: Of the image.
        describe_gflops: Of describing it, once.
        backbone: Parameters.
        router: Parameters.
        total: Parameters of everything that lies in memory.
        routes: Each route.
        not_counted: Operators that a tile takes and that do not count, and how often along any route at most.
    """

    size: Size
    unit: str
    tiles: int
    describe_gflops: float
    backbone: int
    router: int
    total: int
    routes: Sequence[RouteCount]
    not_counted: Mapping[str, int]


def count_costs(runtime: EagerRuntime, router: Router, size: Size) -> Counts:
    """Count what every route of a model takes at one size.

    Args:
        runtime: Backbone and experts; copies of them run on torch's meta device, which they must be able to.
        router: Decides between them.
        size: Of the image.
    """
    flops = FlopCount(runtime)
    protocol = runtime.protocol
    tiles = tile_grid(size.height, size.width, protocol.tile, protocol.overlap, protocol.align)
    backbone, routing = parameters_of(runtime.backbone), parameters_of(router)
    routes = []
    for name, expert in runtime.experts.items():
        own = parameters_of(expert)
        routes.append(
            RouteCount(
                route=name,
                tile_gflops=flops.tile_gflops(expert, tiles[0].height, tiles[0].width),
                gflops=flops.gflops(name, expert, size.height, size.width),
                parameters=own,
                share=own / backbone,
                active=backbone + routing + own,
            )
        )
    return Counts(
        size=size,
        unit=UNIT,
        tiles=len(tiles),
        describe_gflops=flops.describing,
        backbone=backbone,
        router=routing,
        total=backbone + routing + sum(route.parameters for route in routes),
        routes=tuple(routes),
        not_counted=_not_counted(runtime),
    )


class _Operators(TorchDispatchMode):
    """Counts every operator that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls[str(func.overloadpacket).removeprefix("aten.")] += 1
        return func(*args, **(kwargs or {}))


@torch.no_grad()
def _not_counted(runtime: EagerRuntime) -> dict[str, int]:
    side = runtime.backbone.size_multiple
    x = torch.zeros(1, 3, side, side, device=runtime.device)
    g = torch.zeros(1, runtime.backbone.descriptor_dim, device=runtime.device)
    most: Counter[str] = Counter()
    for expert in runtime.experts.values():
        with _Operators() as ran, counting_operations() as counter:
            runtime.backbone.decode(runtime.backbone.encode(x), x, expert, g)
        counted = {str(operator).removeprefix("aten.") for operator in counter.get_flop_counts()["Global"]}
        most |= Counter({name: calls for name, calls in ran.calls.items() if name not in counted})
    return dict(sorted(most.items()))


def count_costs_in(folder: Path, size: Size) -> Counts:
    """Count what every route of a finished run or a trained model takes; see :func:`count_costs`.

    Raises:
        StoreError: If there is none, or the run has not got as far as its calibration.
    """
    parts = parts_in(folder)
    runtime = parts.runtime()
    with parts.saying_where():
        router = parts.router(runtime.backbone.descriptor_dim)
    return count_costs(runtime, router, size)
