"""What is done, scene by scene: a killed preparation continues, and a second one has little to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from moei_toolkit.data.preparation.results import SceneResult
from moei_toolkit.io.disk import disk_errors
from moei_toolkit.io.json_lines import write_json_lines

LEDGER_NAME = "ledger.jsonl"


@dataclass(frozen=True)
class Entry:
    """A scene that one step is through with.

    Attributes:
        step: Name of the step.
        scene: Id of the scene.
        signature: Hash of all that the result depends on.
        result: What came of it, without pixels.
        places: Where the pixels of every key are, as records say it.
    """

    step: str
    scene: str
    signature: str
    result: SceneResult
    places: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "step": self.step,
            "scene": self.scene,
            "signature": self.signature,
            "places": dict(self.places),
            "result": self.result.as_dict(),
        }


class Ledger:
    """The entries of a folder; new ones are appended, so that none is lost when the process is killed.

    Args:
        folder: Of the prepared set; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / LEDGER_NAME
        self._entries = {(entry.step, entry.scene): entry for entry in _read(self.path)}
        self._file: IO[str] | None = None

    def find(self, step: str, scene: str, signature: str) -> Entry | None:
        """Return the entry of a scene if it is still true."""
        entry = self._entries.get((step, scene))
        return entry if entry and entry.signature == signature else None

    def knows(self, step: str, scene: str) -> bool:
        """Tell whether a scene was done before, whatever has changed since."""
        return (step, scene) in self._entries

    def add(self, entries: list[Entry]) -> None:
        """Append entries, whose pixels are safe.

        Raises:
            StoreError: The disk is full or read-only.
        """
        with disk_errors(self.path):
            if self._file is None:
                self._file = self.path.open("a", encoding="utf-8")
                self._file.write("\n")  # what a killed process left of a line must not spoil the next one
            self._file.writelines(json.dumps(entry.as_dict(), ensure_ascii=False) + "\n" for entry in entries)
            self._file.flush()
        self._entries |= {(entry.step, entry.scene): entry for entry in entries}

    def keep_only(self, keys: set[tuple[str, str]]) -> None:
        """Forget every entry but those of the given steps and scenes.

        Raises:
            StoreError: The disk is full or read-only.
        """
        self.close()
        self._entries = {key: entry for key, entry in self._entries.items() if key in keys}
        write_json_lines(self.path, (entry.as_dict() for entry in self._entries.values()))

    def move(self, moved: Callable[[str], str]) -> None:
        """Note that pixels are elsewhere now: ``moved`` returns the new place of an old one.

        Raises:
            StoreError: The disk is full or read-only.
        """
        self.close()
        self._entries = {
            key: replace(entry, places={name: moved(place) for name, place in entry.places.items()})
            for key, entry in self._entries.items()
        }
        write_json_lines(self.path, (entry.as_dict() for entry in self._entries.values()))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(path: Path) -> list[Entry]:
    """Return the entries of a ledger; a line that is cut short says nothing, so its scene is done anew."""
    if not path.is_file():
        return []
    entries = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                entries.append(_parse(json.loads(line)))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue
    return entries


def _parse(row: dict[str, Any]) -> Entry:
    texts = row["step"], row["scene"], row["signature"], *row["places"], *row["places"].values()
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("expected text")
    result = SceneResult.from_dict(row["result"])
    return Entry(row["step"], row["scene"], row["signature"], result, dict(row["places"]))
