"""JPEG files inside other files, such as the bundles of Enlightenment (.edj), which hold them as they are."""

from __future__ import annotations

from collections.abc import Iterator


def find_jpegs(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the pixels, the start and the end of every whole JPEG file inside other data."""
    at = 0
    while (start := data.find(b"\xff\xd8\xff", at)) >= 0:
        pixels, end = _measure(data, start)
        if end:
            yield pixels, start, end
        at = end or start + 2


def _measure(data: bytes, start: int) -> tuple[int, int]:
    """Return the pixels of a JPEG file inside other data and where it ends; (0, 0) if it is none.

    It is walked from marker to marker (ITU-T T.81, annex B), because thumbnails and tables may hold what
    looks like its end.
    """
    at, pixels = start + 2, 0
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xD9:
            return pixels, at + 2
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = (int.from_bytes(data[at + place : at + place + 2], "big") for place in (5, 7))
            pixels = height * width
        at += 2 + length
        if marker == 0xDA:  # entropy-coded data follow a scan header, up to a marker that is no restart
            at = _next_marker(data, at)
    return 0, 0


def _next_marker(data: bytes, at: int) -> int:
    """Return where entropy-coded data end."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)
