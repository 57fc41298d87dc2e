"""Keys of images in a pair store."""

from __future__ import annotations

import hashlib

_LONGEST = 400
"""Bytes; LMDB takes keys of 511 at most, and rows add to them."""


def short_key(name: str) -> str:
    """Return a key for a name of any length: the name itself, or a hash of one that is too long."""
    data = name.encode()
    return name if len(data) <= _LONGEST else hashlib.sha256(data).hexdigest()
