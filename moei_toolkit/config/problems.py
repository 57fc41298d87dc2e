"""Turns what pydantic has to say into one error a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from moei_toolkit.config.component import Component
from moei_toolkit.errors import ConfigError, did_you_mean

_LONGEST = 80


def config_error(error: ValidationError, model: type[BaseModel], where: str) -> ConfigError:
    """Return the error to raise for a config that does not fit the schema.

    Args:
        error: What pydantic found.
        model: The schema.
        where: The file, and options, that the config came from.

    Returns:
        An error with one line per problem: path, expected, got.
    """
    lines = sorted({line for details in error.errors() for line in _lines(details, model)})
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return ConfigError("\n  ".join([f"{where}: {count}", *lines]))


def known_keys(model: Any, path: Sequence[str | int]) -> tuple[str, ...]:
    """Return the keys that the part of a schema at ``path`` knows; none where any key goes."""
    kind = _bare(model)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        arguments = get_args(kind)
        return known_keys(arguments[-1 if _is_mapping(kind) else 0], path[1:]) if path and arguments else ()
    if not path:
        return () if kind is Component else tuple(kind.model_fields)
    field = kind.model_fields.get(str(path[0]))
    return known_keys(field.annotation, path[1:]) if field else ()


def _lines(details: ErrorDetails, model: type[BaseModel]) -> Iterator[str]:
    path = [part for part in details["loc"] if not str(part).startswith(("<", "["))]
    message = details["msg"]
    if details["type"] == "extra_forbidden":
        message = f"unknown key. {did_you_mean(str(path[-1]), known_keys(model, path[:-1]))}"
    elif details["type"] == "missing":
        message = "missing: expected a value, got none"
    elif details["type"] == "value_error":
        message = message.removeprefix("Value error, ")
    else:
        message = f"expected {_expected(message)}, got {_shorten(details['input'])}"
    for line in message.splitlines():
        yield f"{'.'.join(map(str, path))}: {line}" if path else line


def _expected(message: str) -> str:
    text = re.sub(r" or instance of \w+$", "", message.removeprefix("Input should be "))
    return text[:1].lower() + text[1:]


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _bare(kind: Any) -> Any:
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = next(argument for argument in get_args(kind) if argument is not type(None))
    return kind


def _is_mapping(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Mapping)
