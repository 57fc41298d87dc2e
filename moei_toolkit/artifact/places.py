"""Takes out of an artifact what tells where it was made: absolute paths, and with them names of users."""

from __future__ import annotations

import html
import json
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from moei_toolkit.config.schema import Config
from moei_toolkit.errors import StoreError

_TEXTS = {".json", ".jsonl", ".md", ".html", ".csv", ".py", ".sh", ".sha256"}
_PICTURE = rb"data:[\w/+.-]+[;,][^\"')]*"  # encoded pixels, in which any short name may turn up


def places_of(config: Config, work_dir: Path) -> dict[str, str]:
    """Return every absolute path that may be in the files of a run, and what is to stand there instead.

    A path of the config keeps its last part, so that a person still sees what was used.
    """
    named = absolute_paths(config.without_places())
    own = {
        str(Path.home()): "~",
        sys.prefix: "environment",
        str(Path.cwd()): ".",
        str(config.store_root.absolute()): "store",
        str(work_dir.absolute()): "work_dir",
    }
    elsewhere = {path: f"elsewhere{number}/{PurePath(path).name}" for number, path in enumerate(named, 1)}
    return {path: name for path, name in {**own, **elsewhere}.items() if path != "/"}


def absolute_paths(value: Any) -> list[str]:
    """Return every text in plain data that is an absolute path, sorted."""
    return sorted({text for text in _strings(value) if PurePath(text).is_absolute()})


def hide_places(folder: Path, places: Mapping[str, str]) -> None:
    """Replace places in every text file of a folder."""
    spelled = {form: name.encode() for path, name in places.items() for form in _spellings(path)}
    longest_first = b"|".join(re.escape(form) for form in sorted(spelled, key=len, reverse=True))
    pattern = re.compile(_PICTURE + rb"|(?<![\w.~-])(?P<place>" + longest_first + rb")(?![\w-])")
    for path in _texts(folder):
        before = path.read_bytes()
        after = pattern.sub(lambda match: spelled[match["place"]] if match["place"] else match[0], before)
        if after != before:
            path.write_bytes(after)


def require_no_places(folder: Path, user: str | None = None, host: str | None = None) -> None:
    """Refuse a folder whose files still tell where they were made.

    Args:
        folder: With text files.
        user: Name that must not be part of an absolute path; that of the home folder if None.
        host: Name that must not stand where machines are named; of this one if None.

    Raises:
        StoreError: Names the files and what is in them.
    """
    user_part, host_part = (
        re.escape((name or default).encode())
        for name, default in ((user, Path.home().name), (host, platform.node() or "localhost"))
    )
    home = re.escape(str(Path.home()).encode())
    tell_tale = re.compile(
        rb"(?<![\w.~<-])(?:" + home + rb"|/(?:[\w.-]+/)*" + user_part + rb")(?![\w-])[^\s\"'<]*"
        rb"|[\w.-]*[@.]" + host_part + rb"(?=[.:])[\w.:-]*"
    )
    found = [
        f"{path.relative_to(folder)}: {match[0].decode(errors='replace')}"
        for path in _texts(folder)
        if (match := tell_tale.search(re.sub(_PICTURE, b"", path.read_bytes())))
    ]
    if found:
        lines = ["what others get must not tell where it was made; name these differently:", *found]
        raise StoreError("\n  ".join(lines))


def _texts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in _TEXTS)


def _spellings(path: str) -> set[bytes]:
    """Return how a path is written in plain text, in JSON and in HTML."""
    return {text.encode() for text in (path, json.dumps(path)[1:-1], html.escape(path))}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
