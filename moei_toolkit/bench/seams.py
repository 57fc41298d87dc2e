"""Whether the borders of tiles can be seen in what was restored by them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.metrics.psnr import PSNR
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.inference.tiles.tiling import tile_spans


@dataclass(frozen=True)
class Agreement:
    """How much of a photograph restored by tiles is what it would be restored whole.

    Attributes:
        route: The expert both were restored by.
        psnr: Of one against the other, dB.
        largest: Largest absolute difference, in [0, 1].
        seams: See `seam_ratio`.
    """

    route: str
    psnr: float
    largest: float
    seams: float


def compare_with_whole(
    runtime: EagerRuntime, decider: Decider, image: np.ndarray, name: str = ""
) -> Agreement:
    """Restore a photograph by tiles and as a whole, which takes memory for all its features at once.

    Without a guide: what it changes, it changes in parts of tiles, which the whole has none of.

    Args:
        runtime: Backbone, experts and tiles.
        decider: Chooses the route.
        image: (H, W, 3) RGB, uint8 or float32 in [0, 1].
        name: What a router that asks somebody else knows the image by.

    Raises:
        DataError: If the image is no larger than a tile, restored to nothing but one colour, or too large for
            the memory.
    """
    runtime = runtime.under(replace(runtime.protocol, guides={}))
    protocol = runtime.protocol
    if max(image.shape[:2]) <= protocol.tile:
        size = f"{image.shape[1]}x{image.shape[0]}"
        raise DataError(f"expected a photograph larger than a tile of {protocol.tile}, got {size}")
    g = runtime.describe(image)
    route = decider.decide(g, name).route
    at_once = replace(protocol, tile=max(image.shape[:2]) + protocol.overlap + protocol.align)
    try:
        whole = runtime.under(at_once).restore(image, route, g)
    except MemoryError as error:
        raise DataError("not enough memory to restore it whole; cut a smaller part out of it") from error
    tiled = runtime.restore(image, route, g)
    return Agreement(
        route=route,
        psnr=PSNR()(tiled.transpose(2, 0, 1), whole.transpose(2, 0, 1)),
        largest=float(np.abs(tiled - whole).max()),
        seams=seam_ratio(tiled, whole, protocol.tile, protocol.overlap, protocol.align),
    )


def seam_ratio(restored: np.ndarray, reference: np.ndarray, tile: int, overlap: int, align: int = 1) -> float:
    """Return how much steeper an image is across the borders of its tiles than elsewhere; 1 without seams.

    Steepness is the mean absolute difference of neighbouring pixels. Pictures are by chance steeper here than
    there, so the ratio is divided by that of an image of the same content without tiles.

    Args:
        restored: (H, W, 3), restored by tiles; larger than a tile along at least one axis.
        reference: (H, W, 3), the same restored whole, or by tiles that lie elsewhere.
        tile: Side of a tile in pixels.
        overlap: Pixels that neighbours share.
        align: What tiles begin at multiples of.

    Returns:
        A positive number.

    Raises:
        ValueError: If the shapes differ, or no border lies in the image.
        DataError: If an image is flat.
    """
    if restored.shape != reference.shape:
        raise ValueError(f"expected images of one shape, got {restored.shape} and {reference.shape}")
    borders = [_borders(side, tile, overlap, align) for side in restored.shape[:2]]
    if not any(borders):
        raise ValueError(f"an image of {restored.shape[:2]} is one tile of {tile}: it has no borders inside")
    (across, elsewhere), (usual, usual_elsewhere) = (
        _steepness(image, borders) for image in (restored, reference)
    )
    if 0 in (usual, usual_elsewhere, elsewhere):
        raise DataError("expected a photograph, got a flat picture: its pixels are all alike")
    return (across / elsewhere) / (usual / usual_elsewhere)


def _borders(size: int, tile: int, overlap: int, align: int) -> list[int]:
    """Return the pixels along one axis before which a tile begins or ends."""
    spans = tile_spans(size, tile, overlap, align)
    return sorted({edge for start, length in spans for edge in (start, start + length) if 0 < edge < size})


def _steepness(image: np.ndarray, borders: list[list[int]]) -> tuple[float, float]:
    """Return the mean absolute difference of neighbours across borders, and elsewhere."""
    across, elsewhere = [], []
    for axis, edges in enumerate(borders):
        steps = np.abs(np.diff(image.astype(np.float64), axis=axis)).swapaxes(0, axis)
        at_border = np.zeros(len(steps), bool)
        at_border[np.array(edges, int) - 1] = True
        across.append(steps[at_border].ravel())
        elsewhere.append(steps[~at_border].ravel())
    return float(np.concatenate(across).mean()), float(np.concatenate(elsewhere).mean())
