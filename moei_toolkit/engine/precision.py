"""What training may compute in, on which device."""

from __future__ import annotations

from moei_toolkit.errors import ConfigError
from moei_toolkit.types import Precision


def check_precision(precision: Precision, device: str) -> None:
    """Raise ConfigError for float16 on the CPU, where its range is too small without hardware support."""
    if precision == "float16" and device == "cpu":
        raise ConfigError("precision 'float16' needs a GPU; use 'bfloat16' or 'float32' on the CPU")
