"""The shared backbone and the experts it can wear: describe an image, restore it along a route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.data.views import make_overview, make_probes
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.inference.devices import usable_device
from moei_toolkit.inference.tiling import restore_tiled
from moei_toolkit.types import DENSE


@dataclass(frozen=True)
class Protocol:
    """How an image is looked at and cut into tiles.

    Attributes:
        overview_size: Side of the square overview, pixels.
        probe_size: Side of a probe, pixels.
        probes: How many probes.
        tile: Side of a tile, pixels.
        overlap: Pixels that neighbouring tiles share.
        window: How tiles are blended.
    """

    overview_size: int
    probe_size: int
    probes: int
    tile: int = 512
    overlap: int = 64
    window: str = "hann"


class RoutedBackbone:
    """One trunk, many routes.

    Args:
        backbone: The shared trunk.
        experts: By name.
        protocol: Views and tiles.
        device: Where the networks run.
    """

    def __init__(
        self, backbone: Backbone, experts: Mapping[str, Expert], protocol: Protocol, device: str = "cpu"
    ) -> None:
        self.device = usable_device(device)
        self.protocol = protocol
        self.backbone = backbone.to(self.device).to(memory_format=torch.channels_last).eval()
        self.routes: dict[str, Expert] = {**experts, DENSE: Dense()}
        for expert in self.routes.values():
            expert.to(self.device).eval()

    def wearing(self, experts: Mapping[str, Expert]) -> RoutedBackbone:
        """Return one with more routes on the same backbone."""
        routes = {name: expert for name, expert in self.routes.items() if name != DENSE}
        return RoutedBackbone(self.backbone, {**routes, **experts}, self.protocol, str(self.device))

    @torch.inference_mode()
    def describe(self, x: np.ndarray) -> Tensor:
        """Return g (1, d) of an image (H, W, 3): uint8, uint16, or float32 in [0, 1]."""
        overview = make_overview(x, self.protocol.overview_size)
        probes = make_probes(x, self.protocol.probe_size, self.protocol.probes)
        views = [torch.from_numpy(view).unsqueeze(0).to(self.device) for view in (overview, probes)]
        return describe_views(self.backbone, *views).g

    def restore_rows(self, x: np.ndarray, route: str, g: Tensor) -> Iterator[tuple[int, np.ndarray]]:
        """Restore tile by tile along one route.

        Args:
            x: (H, W, 3): uint8, uint16, or float32 in [0, 1]. Integers become floats tile by tile.
            route: Name of an expert, or ``"dense"``.
            g: (1, d), from :meth:`describe`.

        Yields:
            First row and (h, W, 3) float32 in [0, 1], top to bottom, as soon as no later tile touches them.
        """
        for top, rows in self._tiled(x, [route], g):
            yield top, rows[0]

    def restore(self, x: np.ndarray, route: str, g: Tensor) -> np.ndarray:
        """Restore along one route; the arguments are those of :meth:`restore_rows`, the result (H, W, 3)."""
        return np.concatenate([rows for _, rows in self.restore_rows(x, route, g)])

    def restore_routes(self, x: np.ndarray, g: Tensor) -> dict[str, np.ndarray]:
        """Restore along every route, encoding each tile once; values are (H, W, 3), float32 in [0, 1]."""
        routes = list(self.routes)
        restored = np.concatenate([rows for _, rows in self._tiled(x, routes, g)], axis=1)
        return dict(zip(routes, restored, strict=True))

    def _tiled(self, x: np.ndarray, routes: Sequence[str], g: Tensor) -> Iterator[tuple[int, np.ndarray]]:
        """Yield rows (R, h, W, 3) for R routes."""
        protocol = self.protocol
        image = x if x.dtype.kind == "u" else torch.from_numpy(x.transpose(2, 0, 1).copy())

        @torch.inference_mode()
        def run(tiles: Tensor) -> Tensor:
            tiles = tiles.to(self.device, memory_format=torch.channels_last)
            features = self.backbone.encode(tiles)
            outputs = [self.backbone.decode(features, tiles, self.routes[route], g) for route in routes]
            return torch.cat(outputs, 1).float().cpu()

        for top, rows in restore_tiled(image, run, protocol.tile, protocol.overlap, protocol.window):
            by_route = rows.unflatten(0, (len(routes), 3)).clamp(0, 1)
            yield top, by_route.permute(0, 2, 3, 1).numpy()
