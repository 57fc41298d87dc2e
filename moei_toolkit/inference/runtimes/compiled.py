"""PyTorch compiled: the networks of an eager runtime, each made into one program."""

from __future__ import annotations

import numpy as np
import torch

from moei_toolkit.errors import ConfigError
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.runtimes.eager import EagerRuntime
from moei_toolkit.types import Precision


class CompiledRuntime(Runtime):
    """Restores with compiled networks; describing an image is too short to be worth compiling.

    The first tile takes long, and so does the first of another shape, for which a program of any shape is
    made. On the CPU, torch needs a C++ compiler.

    Args:
        eager: What is compiled, and how it is run.
    """

    def __init__(self, eager: EagerRuntime) -> None:
        super().__init__(eager.protocol, eager.routes)
        self._eager = eager
        self._networks = {name: torch.compile(eager.network(name)) for name in eager.routes}

    def in_precision(self, precision: Precision) -> CompiledRuntime:
        """See :meth:`Runtime.in_precision`."""
        return CompiledRuntime(self._eager.in_precision(precision)).in_batches(self.batch)

    def describe_views(self, overview: np.ndarray, probes: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.describe_views`."""
        return self._eager.describe_views(overview, probes)

    def restore_tiles(self, tiles: np.ndarray, route: str, g: np.ndarray) -> np.ndarray:
        """See :meth:`Runtime.restore_tiles`.

        Raises:
            ConfigError: If the network cannot be compiled here.
        """
        try:
            return self._eager.run(self._networks[route], tiles, g)
        except torch._dynamo.exc.TorchDynamoException as error:
            cause = " ".join(f"{error}".split())[:300]
            raise ConfigError(
                f"runtime 'compile': torch cannot compile the network here ({cause}); is there a C++ "
                "compiler? Runtime 'eager' needs none"
            ) from error
