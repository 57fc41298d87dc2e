"""The utility cache: the descriptor of every image and the error of every route on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from moei_toolkit.io.weights import load_weights, save_weights

_FILE = "utilities.safetensors"
_FAMILIAR_FILE = "familiar.safetensors"


@dataclass(frozen=True)
class UtilityCache:
    """What the router learns from and is calibrated on.

    Attributes:
        ids: N image ids.
        scenes: N scene ids.
        degradations: N degradations.
        routes: Names of the experts, then ``"dense"``.
        g: (N, d).
        error: (N, K + 1), eps_k.
        psnr: (N, K + 1), dB.
    """

    ids: Sequence[str]
    scenes: Sequence[str]
    degradations: Sequence[str]
    routes: Sequence[str]
    g: Tensor
    error: Tensor
    psnr: Tensor


def save_cache(folder: Path, split: str, cache: UtilityCache) -> None:
    """Write the cache of a split."""
    names = {name: list(getattr(cache, name)) for name in ("ids", "scenes", "degradations", "routes")}
    save_weights(folder / f"{split}_{_FILE}", {"g": cache.g, "error": cache.error, "psnr": cache.psnr}, names)


def load_cache(folder: Path, split: str) -> UtilityCache:
    """Read the cache of a split.

    Raises:
        CheckpointError: If it is missing or damaged.
    """
    tensors, names = load_weights(folder / f"{split}_{_FILE}")
    return UtilityCache(g=tensors["g"], error=tensors["error"], psnr=tensors["psnr"], **names)


@dataclass(frozen=True)
class Familiar:
    """Images that the experts have learnt from: what they look like, and no errors, which would flatter.

    Attributes:
        degradations: N degradations.
        g: (N, d).
    """

    degradations: Sequence[str]
    g: Tensor


def save_familiar(folder: Path, familiar: Familiar) -> None:
    """Write what the images of the split "train" look like."""
    names = {"degradations": list(familiar.degradations)}
    save_weights(folder / _FAMILIAR_FILE, {"g": familiar.g}, names)


def load_familiar(folder: Path) -> Familiar:
    """Read what the images of the split "train" look like.

    Raises:
        CheckpointError: If it is missing or damaged.
    """
    tensors, names = load_weights(folder / _FAMILIAR_FILE)
    return Familiar(g=tensors["g"], **names)
