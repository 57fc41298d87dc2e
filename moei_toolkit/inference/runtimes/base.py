"""What every runtime does: describe an image, and restore it along a route, in arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from moei_toolkit.data.streamed_views import read_reduced, read_views
from moei_toolkit.data.views import middle_of
from moei_toolkit.errors import ConfigError, DataError
from moei_toolkit.inference.guide import Guide, guide_size
from moei_toolkit.inference.protocol import Protocol
from moei_toolkit.inference.tiles.halving import HalvingTiles
from moei_toolkit.inference.tiles.tiled import restore_tiled
from moei_toolkit.io.images.pixel_source import ArraySource, PixelSource
from moei_toolkit.types import Precision

if TYPE_CHECKING:
    from typing import Self  # of Python 3.11

Picture = np.ndarray | PixelSource
"""(H, W, 3) RGB: uint8, uint16, or float32 in [0, 1]; or where such rows come from."""


class Runtime(ABC):
    """Runs the networks of one model: whatever it runs them with, arrays go in and come out.

    Args:
        protocol: Views and tiles.
        routes: Names of what :meth:`restore` can go along.

    Attributes:
        batch: Most tiles per call of the network; see :meth:`in_batches`.
    """

    def __init__(self, protocol: Protocol, routes: Sequence[str]) -> None:
        self.protocol = protocol
        self.routes = tuple(routes)
        self.batch = 1

    @abstractmethod
    def describe_views(self, overview: np.ndarray, probes: np.ndarray) -> np.ndarray:
        """Return g (1, d) of an overview (3, S, S) and probes (P, 3, s, s)."""

    @abstractmethod
    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        """Restore tiles (B, 3, h, w) of one image with descriptor g (1, d); not clipped, the same shape.

        The tiles stay as they are; what is returned may be changed by whoever gets it.

        Raises:
            MemoryError: If memory does not suffice.
        """

    def in_precision(self, precision: Precision) -> Runtime:
        """Return one that computes tiles in ``"float32"``, ``"bfloat16"`` or ``"float16"``.

        Raises:
            ConfigError: If this kind of runtime, or the machine, cannot.
        """
        if precision != self.protocol.precision:
            raise ConfigError(
                f"precision {precision!r}: this kind of runtime computes in {self.protocol.precision!r} only"
            )
        return self

    def in_batches(self, batch: int) -> Self:
        """Return one that gives the same networks up to so many tiles of a row per call.

        Raises:
            ConfigError: If that is less than one.
        """
        if batch < 1:
            raise ConfigError(f"batch: expected 1 tile per call or more, got {batch}")
        other = copy(self)
        other.batch = batch
        return other

    def describe(self, image: Picture) -> np.ndarray:
        """Return g (1, d), float32, of a whole image."""
        protocol = self.protocol
        sizes = protocol.probe_size, protocol.probes
        if protocol.scope == "local":
            image = middle_of(as_source(image), protocol.probe_size)
        return self.describe_views(*read_views(as_source(image), protocol.overview_size, *sizes))

    def restore_rows(
        self,
        image: Picture,
        route: str,
        g: np.ndarray,
        on_halved: Callable[[int], None] | None = None,
        guide: Guide | None = None,
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Restore tile by tile along one route.

        Args:
            image: What :meth:`describe` has seen; rows are read once more.
            route: Name of an expert, or ``"dense"``.
            g: (1, d), from :meth:`describe`.
            on_halved: Told the new side when memory has run out and tiles are made smaller; without it,
                running out of memory is an error.
            guide: From :meth:`guide`. Without it, a route that has one reads the image twice, which not
                every source can.

        Yields:
            First row and (h, W, 3) float32 in [0, 1], top to bottom, as soon as no later tile touches them.

        Raises:
            MemoryError: If memory does not suffice.
            DataError: If the network returns anything but three channels, or NaN.
        """
        protocol = self.protocol
        tiles = protocol.tile, protocol.overlap, protocol.window

        def run(crops: np.ndarray) -> np.ndarray:
            return self.restore_tiles(crops, route, g)

        fn = run if on_halved is None else HalvingTiles(run, *tiles, on_halved, protocol.align)
        source = as_source(image)
        guide = guide or self.guide(source, route, g, on_halved)
        finish = guide.lead if guide else None
        for top, rows in restore_tiled(source, fn, *tiles, self.batch, protocol.align, finish):
            if len(rows) != 3:
                raise DataError(f"route {route!r}: expected a network of three channels, got {len(rows)}")
            yield top, np.clip(rows, 0, 1, out=rows).transpose(1, 2, 0)

    def guide(
        self, image: Picture, route: str, g: np.ndarray, on_halved: Callable[[int], None] | None = None
    ) -> Guide | None:
        """Restore the whole image at a small size, for the tiles of a route.

        Args:
            image: What :meth:`describe` has seen; all of it is read once more.
            route: Name of an expert, or ``"dense"``.
            g: (1, d), from :meth:`describe`.
            on_halved: See :meth:`restore_rows`.

        Returns:
            None where the route has none; see `guide_size`. Nothing is read then.

        Raises:
            MemoryError: If memory does not suffice.
            DataError: See :meth:`restore_rows`.
        """
        source = as_source(image)
        size = guide_size(self.protocol, route, source.height, source.width)
        if size is None:
            return None
        before = read_reduced(source, *size)
        after = self.restore(before.transpose(1, 2, 0), route, g, on_halved)  # which needs no guide
        return Guide(before, after.transpose(2, 0, 1), source.height, source.width)

    def restore(
        self, image: Picture, route: str, g: np.ndarray, on_halved: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Restore along one route; the arguments are those of :meth:`restore_rows`, the result (H, W, 3)."""
        source = as_source(image)
        restored = np.empty((source.height, source.width, 3), np.float32)
        for top, rows in self.restore_rows(source, route, g, on_halved):
            restored[top : top + len(rows)] = rows
        return restored


def as_source(image: Picture) -> PixelSource:
    """Return where the rows of a picture come from."""
    return ArraySource(image) if isinstance(image, np.ndarray) else image
