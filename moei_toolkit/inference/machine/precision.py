"""What numbers torch computes the tiles of an image in."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F

from moei_toolkit.errors import ConfigError, did_you_mean
from moei_toolkit.types import PRECISIONS

_HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def computing_in(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Let torch compute in a precision inside the block, except for what needs float32.

    Args:
        precision: ``"float32"``, ``"bfloat16"`` or ``"float16"``.
        device: Where it computes.
    """
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, _HALVES[precision])


def require_precision(precision: str, device: torch.device) -> None:
    """Refuse a precision that a device cannot convolve in.

    Raises:
        ConfigError: There is no such precision, or torch lacks it on this device.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"precision {precision!r}: there is none. {did_you_mean(precision, PRECISIONS)}")
    try:
        with computing_in(precision, device):
            F.conv2d(torch.zeros(1, 3, 8, 8, device=device), torch.zeros(3, 3, 3, 3, device=device))
    except Exception as error:  # every kind of device complains in its own way
        cause = f"{error}".partition("\n")[0]
        raise ConfigError(
            f"precision {precision!r}: torch cannot compute in it on {device} ({cause}); 'float32' always can"
        ) from error
