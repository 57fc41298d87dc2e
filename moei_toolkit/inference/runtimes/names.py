"""What runtimes are called."""

from __future__ import annotations

OF_RUNS, OF_BUNDLES = ("eager", "compile"), ("onnx", "openvino")
RUNTIMES = (*OF_RUNS, *OF_BUNDLES)
"""The names, of those for a run or a trained model, and of those for graphs that were exported from one."""
