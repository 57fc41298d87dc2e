"""A component of the config: the name it is registered under, and its arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_serializer, model_validator

from moei_toolkit.config.frozen import FrozenDict, FrozenMapping, freeze, thaw
from moei_toolkit.config.kinds import Text


class Component(BaseModel):
    """What a registry builds: ``dict(type="adapter", reduction=1/16)`` in a config file.

    Attributes:
        type: Name in the registry.
        arguments: Keyword arguments; plain data that cannot be changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Text
    arguments: FrozenMapping[str, Any] = FrozenDict({})

    @model_validator(mode="before")
    @classmethod
    def _gather_arguments(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        arguments = {key: freeze(item) for key, item in value.items() if key != "type"}
        for key, item in arguments.items():
            _check_plain(str(key), item)
        given = {"type": value["type"]} if "type" in value else {}
        return {**given, "arguments": arguments}

    @model_serializer
    def as_dict(self) -> dict[str, Any]:
        """Return the component as a config file has it: ``type`` and the arguments side by side."""
        return {"type": self.type, **thaw(self.arguments)}


def _check_plain(path: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_plain(f"{path}.{key}", item)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_plain(f"{path}.{index}", item)
    elif not isinstance(value, bool | int | float | str | None):
        raise ValueError(f"argument '{path}': expected plain data, got {type(value).__name__} {value!r}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"argument '{path}': expected a finite number, got {value!r}")
