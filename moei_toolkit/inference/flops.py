"""How many floating point operations restoring an image takes: a cost that no machine changes."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.inference.folding import fold
from moei_toolkit.inference.guide import guide_size
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.inference.tiles.tiling import network_shape, tile_grid


class FlopCount:
    """Counts what restoring with a backbone takes, without restoring anything.

    Convolutions and matrix products count, a multiplication and an addition as two; what is done per element
    does not.

    Args:
        runtime: The backbone and its protocol; it is not changed. Its networks must run on torch's meta
            device, which has shapes and no values.
    """

    def __init__(self, runtime: EagerRuntime) -> None:
        self._protocol = runtime.protocol
        self._backbone = copy.deepcopy(runtime.backbone).to("meta")
        self._described = self._describing(runtime)

    @property
    def describing(self) -> float:
        """1e9 operations of describing an image, whatever its size."""
        return self._described / 1e9

    def gflops(self, route: str, expert: Expert, height: int, width: int) -> float:
        """Return 1e9 operations of describing an image of that size and restoring it by tiles.

        Args:
            route: Name; its guide counts too.
            expert: What the backbone wears, folded into it where that is possible; it is not changed.
            height: Rows of the image.
            width: Columns of the image.
        """
        protocol = self._protocol
        guide = guide_size(protocol, route, height, width)
        tiles = [
            tile
            for size in ((height, width), *([guide] if guide else []))
            for tile in tile_grid(*size, protocol.tile, protocol.overlap, protocol.align)
        ]
        shapes = Counter(network_shape(tile, protocol.align) for tile in tiles)
        return self.describing + sum(n * self.tile_gflops(expert, *shape) for shape, n in shapes.items())

    @torch.no_grad()
    def tile_gflops(self, expert: Expert, height: int, width: int) -> float:
        """Return 1e9 operations of restoring one tile of that size."""
        x = torch.empty(1, 3, height, width, device="meta")
        worn = fold(copy.deepcopy(expert).to("meta"), self._backbone)
        g = torch.empty(1, self._backbone.descriptor_dim, device="meta")
        with counting_operations() as counter:
            self._backbone.decode(self._backbone.encode(x), x, worn, g)
        return counter.get_total_flops() / 1e9

    @torch.no_grad()
    def _describing(self, runtime: EagerRuntime) -> int:
        protocol = self._protocol
        overview = _black(runtime, 1, 3, protocol.overview_size, protocol.overview_size)
        probes = _black(runtime, 1, protocol.probes, 3, protocol.probe_size, protocol.probe_size)
        with counting_operations() as counter:
            describe_views(runtime.backbone, overview, probes)  # order statistics have no meta form
        return int(counter.get_total_flops())


@contextmanager
def counting_operations() -> Iterator[FlopCounterMode]:
    """Count the operations of what runs inside the block.

    Attention runs as the two matrix products it is made of: in one piece it is not counted on every device.
    """
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        yield counter


def _black(runtime: EagerRuntime, *shape: int) -> Tensor:
    return torch.zeros(*shape, device=runtime.device)
