"""How an image is looked at and cut into tiles: part of every result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moei_toolkit.config.frozen import FrozenDict
from moei_toolkit.types import Precision


@dataclass(frozen=True)
class Protocol:
    """How an image is looked at, cut into tiles, and computed.

    Attributes:
        overview_size: Side of the square overview, pixels.
        probe_size: Side of a probe, pixels.
        probes: How many probes.
        tile: Side of a tile, pixels.
        overlap: Pixels that neighbouring tiles share.
        window: How tiles are blended.
        precision: What tiles are computed in: ``"float32"``, ``"bfloat16"`` or ``"float16"``. Descriptions,
            decisions and blending are float32 always.
        guides: Route -> short side in pixels at which it restores the whole image first; see `Guide`.
        scope: ``"global"`` where views are of the whole image, ``"local"`` where they are of its middle.
        align: Tiles begin at multiples of so many pixels, which is what the network pads sides to.
    """

    overview_size: int
    probe_size: int
    probes: int
    tile: int = 512
    overlap: int = 64
    window: str = "hann"
    precision: Precision = "float32"
    guides: Mapping[str, int] = FrozenDict({})
    align: int = 1
    scope: str = "global"
