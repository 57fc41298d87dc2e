"""What runtimes are called."""

from __future__ import annotations

from collections.abc import Mapping

from moei_toolkit.types import Precision

OF_RUNS, OF_BUNDLES = ("eager", "compile"), ("onnx", "openvino")
RUNTIMES = (*OF_RUNS, *OF_BUNDLES)
"""The names, of those for a run or a trained model, and of those for graphs that were exported from one."""

FIXED_PRECISION: Mapping[str, Precision] = {"onnx": "float32"}
"""What runtimes compute in that have no other precision, whatever that of the model is."""
