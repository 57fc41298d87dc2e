"""Where networks run."""

from __future__ import annotations

import torch

from moei_toolkit.errors import ConfigError


def usable_device(name: str) -> torch.device:
    """Return the device of a name such as ``"cpu"`` or ``"cuda:1"``.

    Raises:
        ConfigError: There is no such device here.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except Exception as error:  # every kind of device complains in its own way
        cause = f"{error}".partition("\n")[0]
        raise ConfigError(f"device {name!r}: cannot be used here ({cause}); 'cpu' always can") from error
    return device


def default_device() -> str:
    """Return ``"cuda"`` where there is one, else ``"cpu"``."""
    return "cuda" if torch.cuda.is_available() else "cpu"
