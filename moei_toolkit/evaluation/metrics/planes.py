"""The planes that PSNR and SSIM compare, R, G and B or the luma alone, read a few rows at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from moei_toolkit.errors import ConfigError

Color = str
"""``"rgb"``, or ``"y"``: studio-range BT.601 luma, (16 + 65.481 R + 128.553 G + 24.966 B) / 255."""

PLANES = {"rgb": 3, "y": 1}
"""How many planes a colour space has."""

STRIP = 64
"""Rows at a time: few enough that they stay in the cache, many enough that their margin costs little."""

Y_OFFSET, Y_WEIGHTS = 16 / 255, (65.481 / 255, 128.553 / 255, 24.966 / 255)


def check_options(metric: str, color: Color, border: int, threads: int | None) -> None:
    """Refuse an unknown colour space, a negative border, or no thread at all.

    Raises:
        ConfigError: With the metric's name.
    """
    if color not in PLANES:
        raise ConfigError(f"{metric}: color must be 'rgb' or 'y', got {color!r}")
    if border < 0:
        raise ConfigError(f"{metric}: border must be a number of pixels >= 0, got {border}")
    if threads is not None and threads < 1:
        raise ConfigError(f"{metric}: threads must be at least 1, or None for torch's number, got {threads}")


def name_metric(metric: str, color: Color, border: int) -> str:
    """Return the name of a metric with its options, so that two ways to measure are two columns."""
    return metric + ("" if color == "rgb" else f"_{color}") + (f"_border{border}" if border else "")


def state_protocol(color: Color, border: int) -> dict[str, object]:
    """Return what every metric of planes states."""
    spaces = {"rgb": "RGB", "y": "Y of BT.601, studio range 16-235 / 255"}
    return {"color": spaces[color], "range": "[0, 1], clipped", "border": border, "rounding": "none"}


def read_plane(image: np.ndarray, color: Color, plane: int, out: np.ndarray) -> None:
    """Write one plane of an image, clipped to [0, 1], into a float64 array.

    Args:
        image: (3, h, w) floating point RGB.
        color: See `Color`.
        plane: Index below ``PLANES[color]``.
        out: (h, w) float64.
    """
    if color == "rgb":
        np.clip(image[plane], 0, 1, out=out)
        return
    out[:] = Y_OFFSET
    for weight, channel in zip(Y_WEIGHTS, image, strict=True):
        out += np.multiply(np.clip(channel, 0, 1), weight, dtype=np.float64)


def sum_over_strips(
    rows: int, make_measure: Callable[[], Callable[[slice], float]], threads: int | None = None
) -> float:
    """Add up what is measured on strips of rows, a share of them in each thread.

    Strips do not depend on the threads and their sum is exact, so neither does the result.

    Args:
        rows: How many rows there are to cut into strips.
        make_measure: Called once in every thread; returns the function that measures a strip, and that may
            keep buffers.
        threads: At most so many; None means as many as torch uses, which are no more than the cores this
            process may use.
    """
    strips = [slice(top, min(top + STRIP, rows)) for top in range(0, rows, STRIP)]
    workers = min(threads or torch.get_num_threads(), len(strips))

    def measure_share(first: int) -> list[float]:
        measure = make_measure()
        return [measure(strip) for strip in strips[first::workers]]

    with ThreadPoolExecutor(workers) as pool:
        return math.fsum(value for share in pool.map(measure_share, range(workers)) for value in share)
