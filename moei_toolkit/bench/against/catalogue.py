"""Which benchmarks there are. To add one, put a module with a ``BENCHMARK`` beside this one and name it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from moei_toolkit.bench.against.benchmark import Benchmark

NAMES = (
    "ssim",
    "bootstrap",
    "trunk",
    "overhead",
    "tiler",
    "runtime",
    "flops",
    "disk",
    "crops",
    "subimages",
    "synthesis_rain",
    "synthesis_haze",
    "synthesis_snow",
    "duplicates",
    "records",
    "plugins",
)
"""Modules of this package that hold a benchmark, in the order in which they run."""


def load_benchmark(name: str) -> Benchmark:
    """Return the benchmark called ``name``, importing what it needs."""
    return cast("Benchmark", import_module(f"moei_toolkit.bench.against.{name}").BENCHMARK)
