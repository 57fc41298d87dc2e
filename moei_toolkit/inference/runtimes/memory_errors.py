"""One error for running out of memory, whatever has run out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_SIGNS = (
    "can't alloc",  # torch on the CPU ("can't allocate memory"), and oneDNN inside OpenVINO
    "out of memory",  # torch on a GPU
    "failed to allocate",  # ONNX Runtime and OpenVINO
    "bad_alloc",  # C++
    "resource temporarily unavailable",  # C++ again, where there is no room for the stack of a thread
)
_WHOLE = "could not create a primitive"
"""All that oneDNN, which computes for torch on the CPU, says; longer complaints that begin so are others."""


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what an engine says when memory does not suffice into a MemoryError; other errors stay."""
    try:
        yield
    except Exception as error:  # engines share no type of error
        said = str(error).lower()
        if isinstance(error, MemoryError) or not (said == _WHOLE or any(sign in said for sign in _SIGNS)):
            raise
        raise MemoryError(str(error)) from error
