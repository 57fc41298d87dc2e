"""Matches what a configuration says with what a component's constructor accepts."""

from __future__ import annotations

import inspect
import math
from collections.abc import Container, Mapping
from inspect import Parameter
from typing import Any

from moei_toolkit.errors import RegistryError, did_you_mean

_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)


def match_arguments(
    component: type, configured: Mapping[str, Any], offered: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """Return the keyword arguments to construct a component with.

    Args:
        component: The class to be constructed.
        configured: Arguments from a configuration; the component must accept every one.
        offered: Objects it receives if its constructor names them.
        where: Names the component in error messages.

    Raises:
        RegistryError: If a configured argument is unknown or also on offer, or a required one is missing.
    """
    accepted, others = _accepted(component)
    taken = {name: value for name, value in offered.items() if name in accepted}
    for name in configured:
        if name in taken:
            raise RegistryError(f"{where}: argument {name!r} is supplied by the toolkit, remove it")
        if name not in accepted and not others:
            raise RegistryError(f"{where}: unknown argument {name!r}. {_hint(name, accepted)}")
    arguments = {**configured, **taken}
    for name, parameter in accepted.items():
        if parameter.default is Parameter.empty and name not in arguments:
            raise RegistryError(f"{where}: missing argument {name!r}. {_listing(accepted)}")
    return arguments


def plain_defaults(component: type, offered: Container[str]) -> dict[str, Any]:
    """Return the arguments of a constructor that are plain data where nobody gives them.

    Args:
        component: The class.
        offered: Names of arguments that the toolkit supplies, which are left out.
    """
    accepted, _ = _accepted(component)
    return {
        name: parameter.default
        for name, parameter in accepted.items()
        if name not in offered and _is_plain(parameter.default)
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def _accepted(component: type) -> tuple[dict[str, Parameter], bool]:
    """Return the named parameters of a constructor, and whether it takes any others."""
    owner = next(base for base in component.__mro__ if "__init__" in vars(base))
    if owner.__module__.partition(".")[0] == "torch":  # Module.__init__ takes **kwargs only to refuse them
        return {}, False
    parameters = inspect.signature(component).parameters
    named = {name: parameter for name, parameter in parameters.items() if parameter.kind in _NAMED}
    return named, any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values())


def _hint(name: str, accepted: Mapping[str, Parameter]) -> str:
    close = did_you_mean(name, accepted)
    return f"{close} {_listing(accepted)}" if close.startswith("Did") else _listing(accepted)


def _listing(accepted: Mapping[str, Parameter]) -> str:
    return f"It accepts: {', '.join(map(_describe, accepted.values())) or 'no arguments'}."


def _describe(parameter: Parameter) -> str:
    required = parameter.default is Parameter.empty
    return parameter.name if required else f"{parameter.name}={parameter.default!r}"
