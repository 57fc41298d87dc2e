"""Promises, and what it takes to find out whether they are kept."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.errors import MoeiError

ODD_SIZES = ((1, 1), (3, 50), (17, 31))
"""(height, width) in pixels that no network is built for and every user has."""


_WITHOUT_TORCH = """
import importlib, pickle, sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("import of torch halted")

module, *sys.path = sys.argv[1:]
sys.meta_path.insert(0, NoTorch())
importlib.import_module(module)
if call := sys.stdin.buffer.read():
    component, method, arguments = pickle.loads(call)
    getattr(component, method)(*arguments)
"""


class ContractError(MoeiError):
    """A component breaks a promise of its kind; the message names the promise and the numbers."""


@contextmanager
def promise(component: object, text: str) -> Iterator[None]:
    """Name the promise that the block is about; whatever goes wrong inside is a broken promise.

    Args:
        component: What made the promise.
        text: The promise, as a clause that follows "promises that".

    Raises:
        ContractError: If the block raises anything.
    """
    try:
        yield
    except Exception as error:  # a stranger's component may fail in any way
        what = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
        name = type(component).__name__
        raise ContractError(f"{name} breaks the promise that {text}: {what}") from error


def require(kept: bool, found: str) -> None:
    """Raise a `ContractError` that says what was found, unless the promise was kept."""
    if not kept:
        raise ContractError(found)


def require_shape(tensor: Tensor, *shape: int) -> None:
    """Require a finite tensor of this shape."""
    require(tuple(tensor.shape) == shape, f"expected shape {shape}, got {tuple(tensor.shape)}")
    require(bool(torch.isfinite(tensor).all()), f"{int((~torch.isfinite(tensor)).sum())} values not finite")


def require_equal(got: Tensor, expected: Tensor) -> None:
    """Require the same shape and the same values, bit for bit."""
    require(got.shape == expected.shape, f"expected shape {tuple(expected.shape)}, got {tuple(got.shape)}")
    worst = float((got - expected).abs().max()) if got.numel() else 0.0
    require(torch.equal(got, expected), f"the largest difference is {worst:.3g}, expected 0")


def require_close(got: Tensor, expected: Tensor, tolerance: float = 1e-5) -> None:
    """Require values that differ by at most ``tolerance`` times the largest expected one (or 1)."""
    require(got.shape == expected.shape, f"expected shape {tuple(expected.shape)}, got {tuple(got.shape)}")
    allowed = tolerance * max(1.0, float(expected.abs().max()))
    worst = float((got - expected).abs().max())
    require(worst <= allowed, f"the largest difference is {worst:.3g}, allowed {allowed:.3g}")


def require_no_torch(component: object, method: str, *arguments: np.ndarray) -> None:
    """Require that a method of a component can be called where there is no PyTorch.

    A module that only this process knows, such as one of tests, is let pass. Of what cannot be pickled, only
    the module is imported.
    """
    module = type(component).__module__
    command = [sys.executable, "-I", "-c", _WITHOUT_TORCH, module, *sys.path]
    try:
        call = pickle.dumps((component, method, arguments))
    except (pickle.PicklingError, AttributeError, TypeError):
        call = b""
    with promise(component, "it works without PyTorch, as part of an exported bundle"):
        said = subprocess.run(command, input=call, capture_output=True).stderr
        require(b"import of torch halted" not in said, f"{module} imports it")


def require_own_state(component: Calibrator | AbstentionRule) -> None:
    """Require that a component with a state refuses one that is none of its own."""
    if not component.state():
        return
    with promise(component, "a foreign state is refused with a KeyError, TypeError or ValueError"):
        try:
            component.load_state({"unknown": None})
        except (KeyError, TypeError, ValueError):
            return
        require(False, "it was taken")


def random_images(count: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Return (count, 3, height, width) float32 noise in [0, 1)."""
    return torch.rand((count, 3, height, width), generator=torch.Generator().manual_seed(seed))


def random_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return a smooth (height, width, 3) float32 picture in [0.2, 0.8] with some grain."""
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    waves = np.stack([np.sin(k * rows) * np.cos((9 - k) * columns) for k in (3, 5, 7)], axis=2)
    grain = np.random.default_rng(seed).uniform(-0.1, 0.1, waves.shape)
    return np.asarray(0.5 + 0.2 * waves + grain, np.float32)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw torch's global random numbers from ``seed`` inside the block, and as before after it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
