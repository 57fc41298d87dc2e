"""mmengine's wrapper of an optimizer for a numeric precision, on any device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import nn
from torch.optim import Optimizer

from moei_toolkit.engine.precision import check_precision
from moei_toolkit.types import Precision

_DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


class CPUAutocastWrapper(OptimWrapper):
    """bfloat16 autocast on the CPU, which mmengine's AmpOptimWrapper refuses. Needs no loss scaling."""

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass under autocast."""
        with super().optim_context(model), torch.autocast("cpu", torch.bfloat16):
            yield


def wrap_optimizer(optimizer: Optimizer, precision: Precision, clip_norm: float, device: str) -> OptimWrapper:
    """Return the optimizer wrapper for a precision.

    Args:
        optimizer: Already holds the trained parameters.
        precision: Of the forward pass.
        clip_norm: Largest norm of the gradient; a norm that is not finite is an error.
        device: Device type such as ``"cuda"`` or ``"cpu"``.

    Raises:
        ConfigError: See :func:`check_precision`.
    """
    common: dict[str, Any] = {
        "optimizer": optimizer,
        "clip_grad": {"max_norm": clip_norm, "error_if_nonfinite": precision != "float16"},
    }
    if precision == "float32":
        return OptimWrapper(**common)
    check_precision(precision, device)
    if device == "cpu":
        return CPUAutocastWrapper(**common)
    return AmpOptimWrapper(
        dtype=_DTYPES[precision], loss_scale="dynamic" if precision == "float16" else 1.0, **common
    )
