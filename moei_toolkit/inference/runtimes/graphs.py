"""The networks of a model as files that need no toolkit to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Graphs:
    """Files in the ONNX format.

    Attributes:
        describe: ``overview`` (3, S, S) and ``probes`` (P, 3, s, s) to ``g`` (1, d).
        router: ``g`` (1, d) to ``logits`` (1, K).
        routes: By name; ``tiles`` (B, 3, h, w) and ``g`` (1, d) to ``restored`` (B, 3, h, w), of any size.
    """

    describe: Path
    router: Path
    routes: Mapping[str, Path]
