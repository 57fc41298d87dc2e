"""PyTorch as it is: one trunk, many routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.inference.folding import fold
from moei_toolkit.inference.machine.devices import usable_device, using_threads
from moei_toolkit.inference.machine.precision import computing_in, require_precision
from moei_toolkit.inference.machine.threads import thread_count
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.route import Route
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.runtimes.memory_errors import memory_errors
from moei_toolkit.inference.tiles.tiled import restore_tiled
from moei_toolkit.inference.tiles.tiling import Tile
from moei_toolkit.io.images.pixel_source import ArraySource
from moei_toolkit.routers.base import Router
from moei_toolkit.types import DENSE, Precision

Network = Callable[[Tensor, Tensor], Tensor]
"""Tiles (B, 3, h, w) and g (1, d) to restored tiles."""


class EagerRuntime(Runtime):
    """The shared backbone and the experts it can wear, in channels_last.

    An expert is folded into the backbone's blocks where that is possible, when its route is first taken; what
    is trained afterwards is not seen.

    Args:
        backbone: The shared trunk.
        experts: By name.
        protocol: Views, tiles and precision; tiles are aligned to what the backbone pads to.
        device: Where the networks run.
        threads: On the CPU; as many as torch likes when None, which is one per core.

    Raises:
        ConfigError: If the device or the precision cannot be used here, or there would be no thread.
    """

    def __init__(
        self,
        backbone: Backbone,
        experts: Mapping[str, Expert],
        protocol: Protocol,
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        super().__init__(replace(protocol, align=backbone.size_multiple), (*experts, DENSE))
        self.device = usable_device(device)
        require_precision(protocol.precision, self.device)
        self.threads = None if threads is None else thread_count(threads)
        self.backbone = backbone.to(self.device).to(memory_format=torch.channels_last).eval()
        self.experts: dict[str, Expert] = {**experts, DENSE: Dense()}
        for expert in self.experts.values():
            expert.to(self.device).eval()
        self._folded = cache(self._fold)
        self._network = cache(self.network)

    def wearing(self, experts: Mapping[str, Expert]) -> EagerRuntime:
        """Return one with more routes on the same backbone."""
        worn = {name: self._folded(name) for name in self.experts if name != DENSE}
        device = str(self.device)
        other = EagerRuntime(self.backbone, {**worn, **experts}, self.protocol, device, self.threads)
        return other.in_batches(self.batch)

    def in_precision(self, precision: Precision) -> EagerRuntime:
        """See :meth:`Runtime.in_precision`."""
        return self.under(replace(self.protocol, precision=precision))

    def under(self, protocol: Protocol) -> EagerRuntime:
        """Return one with the same networks under another protocol."""
        experts = {name: expert for name, expert in self.experts.items() if name != DENSE}
        other = EagerRuntime(self.backbone, experts, protocol, str(self.device), self.threads)
        return other.in_batches(self.batch)

    def network(self, *names: str) -> Route:
        """Return the network of one route, or of several that share the encoder."""
        return Route(self.backbone, [self._folded(name) for name in names]).eval()

    def _fold(self, name: str) -> Expert:
        return fold(self.experts[name], self.backbone)

    @torch.inference_mode()
    def describe_views(self, overview: np.ndarray, probes: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.describe_views`."""
        views = [torch.from_numpy(view).unsqueeze(0).to(self.device) for view in (overview, probes)]
        with memory_errors(), using_threads(self.threads):
            return describe_views(self.backbone, *views).g.cpu().numpy()

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.restore_tiles`."""
        return self.run(self._network(route), tiles, g)

    def restore_routes(self, image: np.ndarray, g: np.ndarray) -> dict[str, np.ndarray]:
        """Restore along every route, encoding each tile once; values are (H, W, 3), float32 in [0, 1]."""
        protocol, network = self.protocol, self.network(*self.routes)
        guides = [(place, self.guide(image, route, g)) for place, route in enumerate(self.routes)]
        planes_of = [(slice(3 * place, 3 * place + 3), guide) for place, guide in guides if guide]

        def finish(tile: Tile, before: np.ndarray, after: np.ndarray) -> np.ndarray:
            for own, guide in planes_of:
                after[own] = guide.lead(tile, before, after[own])
            return after

        stacked = restore_tiled(
            ArraySource(image),
            lambda tiles: self.run(network, tiles, g),
            protocol.tile,
            protocol.overlap,
            protocol.window,
            self.batch,
            protocol.align,
            finish,
        )
        planes = np.empty((3 * len(self.routes), *image.shape[:2]), np.float32)
        for top, rows in stacked:
            np.clip(rows, 0, 1, out=planes[:, top : top + rows.shape[1]])
        by_route = planes.reshape(len(self.routes), 3, *image.shape[:2])
        return dict(zip(self.routes, by_route.transpose(0, 2, 3, 1), strict=True))

    @torch.inference_mode()
    def run(self, network: Network, tiles: np.ndarray, g: np.ndarray) -> np.ndarray:
        """Call a network on arrays, in the precision of the protocol; returns float32.

        Raises:
            MemoryError: If memory does not suffice.
        """
        with memory_errors(), using_threads(self.threads), computing_in(self.protocol.precision, self.device):
            x = torch.from_numpy(tiles).to(self.device, memory_format=torch.channels_last)
            return network(x, torch.from_numpy(g).to(self.device)).float().cpu().numpy()


class EagerRouter:
    """A router that takes and returns arrays.

    Attributes:
        network: The router.

    Args:
        network: The router; moved to the device.
        device: Where it runs.
    """

    def __init__(self, network: Router, device: str = "cpu") -> None:
        self._device = usable_device(device)
        self.network = network.to(self._device).eval()

    @torch.inference_mode()
    def __call__(self, g: np.ndarray, image: str = "") -> np.ndarray:
        """Return the logits (1, K) of an image with descriptor (1, d) and maybe a name."""
        return self.network.score(torch.from_numpy(g).to(self._device), [image]).cpu().numpy()
