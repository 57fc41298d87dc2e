"""No two images may have one id: neither two that exist, nor one that exists and one that is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.preparation.drawing import drawn_id
from moei_toolkit.errors import DataError


def refuse_clashes(
    scenes: Iterable[Scene], used: Iterable[Scene], weather: Iterable[str], draws: Mapping[str, int]
) -> None:
    """Refuse scenes of which an image, existing or drawn, would have the id of another one.

    Args:
        scenes: All of them.
        used: Those that are used, with their splits.
        weather: Tasks that weather is drawn for.
        draws: How often, by split.

    Raises:
        DataError: Two images would have the same id; names it.
    """
    seen: set[str] = set()
    for name in (*_existing(scenes), *_drawn(used, tuple(weather), draws)):
        if name in seen:
            raise DataError(
                f"two images would be called {name!r}: one is a file, the other is one too, or drawn over "
                "the photograph of that name. Rename one of them."
            )
        seen.add(name)


def _existing(scenes: Iterable[Scene]) -> Iterator[str]:
    for scene in scenes:
        yield scene.id
        yield from (file.id for file in scene.degraded)


def _drawn(scenes: Iterable[Scene], weather: tuple[str, ...], draws: Mapping[str, int]) -> Iterator[str]:
    for scene in scenes:
        if not scene.degraded:
            count = draws.get(scene.split or "", 0)
            yield from (drawn_id(scene.id, task, draw) for task in weather for draw in range(count))
