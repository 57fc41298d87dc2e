"""Plain data that cannot be changed: mappings, and values nested to any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, SerializerFunctionWrapHandler, WrapSerializer

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(Mapping[K, V]):
    """An ordered mapping that cannot be changed, and can be hashed, copied and pickled.

    Args:
        items: What it holds; copied.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


def _serialize(value: Mapping[Any, Any], handler: SerializerFunctionWrapHandler) -> Any:
    return handler(dict(value))


FrozenMapping = Annotated[Mapping[K, V], AfterValidator(FrozenDict), WrapSerializer(_serialize)]
"""Type of a model's field that is a mapping and stays as it is."""


def freeze(value: Any) -> Any:
    """Return ``value`` with every mapping and list in it replaced by one that cannot be changed."""
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Any) -> Any:
    """Return ``value`` with every mapping in it as a plain ``dict``; lists and tuples stay what they are."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(thaw(item) for item in value)
    return value
