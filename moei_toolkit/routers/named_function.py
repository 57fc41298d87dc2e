"""A function that a config names."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from moei_toolkit.errors import ConfigError, did_you_mean

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def load_function(path: str) -> Callable[..., Any]:
    """Import a function.

    Args:
        path: ``"package.module:function"``. Nothing of it is evaluated; importing a module runs it, though.

    Raises:
        ConfigError: If it is no such path, the module cannot be imported, or has no such function.
    """
    if not _PATH.fullmatch(path):
        raise ConfigError(f"expected 'package.module:function', got {path!r}")
    name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a stranger's module may fail in any way
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        raise ConfigError(f"{path!r} cannot be imported: {cause}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        there = [known for known, value in vars(module).items() if callable(value) and known[0] != "_"]
        raise ConfigError(f"{name} has no function {attribute!r}. {did_you_mean(attribute, there)}".rstrip())
    return function
