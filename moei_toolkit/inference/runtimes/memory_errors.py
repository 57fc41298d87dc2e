"""One error for running out of memory, whatever has run out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_SIGNS = (
    "can't allocate memory",  # torch on the CPU
    "out of memory",  # torch on a GPU
    "failed to allocate",  # ONNX Runtime and OpenVINO
    "bad_alloc",  # C++
)


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what an engine says when memory does not suffice into a MemoryError; other errors stay."""
    try:
        yield
    except Exception as error:  # engines share no type of error
        if isinstance(error, MemoryError) or not any(sign in str(error).lower() for sign in _SIGNS):
            raise
        raise MemoryError(str(error)) from error
