"""The contract of a degradation."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.testing.contract import ODD_SIZES, promise, random_picture, require

_SEVERITIES = (0.1, 0.4, 0.7, 1.0)
_SIZES = (*ODD_SIZES, (1, 1200), (1200, 1), (96, 128))


def check_degradation(make: Callable[[], Degradation], seed: int = 0) -> None:
    """Check every promise of `Degradation`.

    Args:
        make: Builds a degradation.
        seed: Of pictures and weather.

    Raises:
        ContractError: Names the first promise found broken.
    """
    degradation = make()
    for height, width in _SIZES:
        for severity in (0.0, 1.0):
            _check_size(degradation, height, width, severity, seed)
    _check_randomness(degradation, seed)
    with promise(degradation, "it survives pickling, because weather is drawn in worker processes"):
        sent, kept = (
            _apply(kind, 0.6, seed) for kind in (pickle.loads(pickle.dumps(degradation)), degradation)
        )
        require(np.array_equal(sent, kept), "it draws other weather afterwards")
    with promise(degradation, "more severe weather does more harm"):
        harm = [_harm(degradation, severity, seed) for severity in _SEVERITIES]
        require(all(a < b for a, b in pairwise(harm)), f"mean errors {harm} for severities {_SEVERITIES}")
    _check_estimates(degradation, seed)


def _check_size(degradation: Degradation, height: int, width: int, severity: float, seed: int) -> None:
    clean, depth = _scene(height, width, seed)
    kept = clean.copy(), depth.copy()
    with promise(degradation, f"a picture of {height}x{width} becomes a float32 picture in [0, 1]"):
        degraded = degradation.apply(clean, depth, severity, np.random.default_rng(seed))
        found = (degraded.shape, degraded.dtype)
        require(found == (clean.shape, np.dtype(np.float32)), f"got {found[0]} {found[1]}")
        low, high = float(degraded.min()), float(degraded.max())
        require(0 <= low <= high <= 1, f"values from {low} to {high}")
    with promise(degradation, "picture and depth are left as they are"):
        changed = [not np.array_equal(*pair) for pair in zip((clean, depth), kept, strict=True)]
        require(not any(changed), f"changed: picture {changed[0]}, depth {changed[1]}")


def _check_randomness(degradation: Degradation, seed: int) -> None:
    first, again, other = (_apply(degradation, 0.6, number).tobytes() for number in (seed, seed, seed + 1))
    with promise(degradation, "the same generator state gives the same bytes"):
        require(first == again, "two pictures differ")
    with promise(degradation, "another generator state gives other weather"):
        require(first != other, "two pictures are equal")
    with promise(degradation, "it draws the same random numbers whatever the severity"):
        after = [_numbers_after(degradation, severity, seed) for severity in _SEVERITIES]
        require(after == after[:1] * len(after), "the generator is left in another state")


def _check_estimates(degradation: Degradation, seed: int) -> None:
    for height, width in _SIZES:
        picture = random_picture(height, width, seed)
        for pixels in (picture, _whole(picture, np.uint8), _whole(picture, np.uint16)):
            kept = pixels.copy()
            with promise(
                degradation, f"{height}x{width} {pixels.dtype} pixels look in [0, 1] severe, or None"
            ):
                found = degradation.estimate(pixels)
                require(found is None or 0 <= found <= 1, f"it is {found!r}")
                require(np.array_equal(pixels, kept), "the picture was changed")
    with promise(
        degradation, "what is drawn more severely looks no less severe, in the mean of some pictures"
    ):
        light, heavy = (_mean_estimate(degradation, severity) for severity in (0.15, 1.0))
        require((light is None) == (heavy is None), f"severity 0.15 is {light!r}, severity 1 is {heavy!r}")
        require(light is None or heavy is None or light <= heavy, f"{light} for 0.15, {heavy} for 1")


def _mean_estimate(degradation: Degradation, severity: float) -> float | None:
    found = [
        degradation.estimate(_whole(_apply(degradation, severity, number), np.uint8)) for number in range(4)
    ]
    known = [estimate for estimate in found if estimate is not None]
    return sum(known) / len(known) if known else None


def _whole(picture: np.ndarray, kind: type[np.unsignedinteger]) -> np.ndarray:
    return (picture * np.iinfo(kind).max + 0.5).astype(kind)


def _harm(degradation: Degradation, severity: float, seed: int) -> float:
    return float(np.abs(_apply(degradation, severity, seed) - _scene(96, 128, 0)[0]).mean())


def _numbers_after(degradation: Degradation, severity: float, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    degradation.apply(*_scene(96, 128, 0), severity, rng)
    return rng.bytes(16)


def _apply(degradation: Degradation, severity: float, seed: int) -> np.ndarray:
    return degradation.apply(*_scene(96, 128, 0), severity, np.random.default_rng(seed))


def _scene(height: int, width: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    depth = np.linspace(1, 0.05, height, dtype=np.float32)[:, None] + np.zeros((1, width), np.float32)
    return random_picture(height, width, seed), depth
