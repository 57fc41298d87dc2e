"""One error for a graph that does not take what it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from moei_toolkit.errors import CheckpointError, MoeiError
from moei_toolkit.inference.runtimes.memory_errors import memory_errors

_MOST_CHARACTERS = 300


@contextmanager
def graph_errors(graph: Path, inputs: Mapping[str, np.ndarray]) -> Iterator[None]:
    """Turn the complaint of an engine into a `CheckpointError` that names the graph and its inputs.

    Inputs are made as the record beside the graphs says, so one of the two is not what it was. Lack of
    memory is a MemoryError.
    """
    try:
        with memory_errors():
            yield
    except (MoeiError, MemoryError):
        raise
    except Exception as error:  # engines share no type of error
        shapes = ", ".join(f"{name} {array.shape}" for name, array in inputs.items())
        cause = " ".join(str(error).split())[:_MOST_CHARACTERS]
        raise CheckpointError(
            f"{graph}: expected a graph that takes {shapes}, as the record beside it says, got: {cause}. "
            "Export it again."
        ) from error
