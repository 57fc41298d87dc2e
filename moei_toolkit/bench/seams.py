"""Whether the borders of tiles can be seen in what was restored by them."""

from __future__ import annotations

import numpy as np

from moei_toolkit.inference.tiling import tile_spans


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
        ValueError: If the shapes differ, no border lies in the image, or the reference is flat.
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
        raise ValueError("a flat image shows no steepness to compare with")
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
