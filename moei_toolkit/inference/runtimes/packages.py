"""Packages that only some ways to run a model need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from moei_toolkit.errors import ConfigError


def import_extra(module: str, extra: str) -> Any:
    """Import a package that an extra of the toolkit installs.

    Args:
        module: What to import.
        extra: Name of the extra.

    Raises:
        ConfigError: If it cannot be imported; names the extra.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"the package {module!r} cannot be imported ({error}); install it with "
            f"pip install 'moei_toolkit[{extra}]'"
        ) from error
