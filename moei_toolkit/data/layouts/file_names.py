"""What the names of files and folders say."""

from __future__ import annotations

import re
import unicodedata

from moei_toolkit.io.images.encoding.formats import WRITABLE_SUFFIXES

IMAGE_SUFFIXES = frozenset(WRITABLE_SUFFIXES)
"""How photographs that can be read end, in lower case."""
UNREAD_SUFFIXES = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".raw", ".rw2"}  # what cameras keep
    | {".avif", ".exr", ".gif", ".hdr", ".heic", ".heif", ".j2k", ".jp2", ".jxl"}
    | {".pgm", ".ppm", ".psd", ".tga"}
)
"""How images end that are not read."""
LIST_SUFFIXES = frozenset({".csv", ".html", ".json", ".jsonl", ".md", ".npy", ".pdf", ".txt", ".xml", ".yml"})
"""How the lists, notes and tables end that lie beside images."""
HIDDEN = frozenset({"__macosx", "@eadir", "desktop.ini", "thumbs.db"})
"""What file managers leave behind, beside names that start with a dot; in lower case."""


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is none of a data set's."""
    return name.startswith(".") or name.casefold() in HIDDEN


def split_suffix(name: str) -> tuple[str, str]:
    """Return stem and suffix of a file's name, both as they are written; ``"a.b.PNG"`` has stem ``"a.b"``."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")


def looks_like_image(name: str) -> bool:
    """Tell whether the name of a file says that it is an image, whether or not such images are read."""
    suffix = split_suffix(name)[1].lower()
    return suffix in IMAGE_SUFFIXES or suffix in UNREAD_SUFFIXES


def fold(name: str) -> str:
    """Return what names have in common that differ in case, or in how accents are encoded."""
    return name.casefold() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def plain(folder: str) -> str:
    """Return the name of a folder in lower case, letters and digits only: ``"Cloud_L1"`` is ``"cloudl1"``."""
    return re.sub(r"[\W_]", "", folder.casefold())
