"""The engines that run exported graphs."""

from __future__ import annotations

from moei_toolkit.inference.runtimes.onnx import OnnxRuntime
from moei_toolkit.inference.runtimes.openvino import OpenVINORuntime

Engine = OnnxRuntime | OpenVINORuntime
ENGINES: dict[str, type[Engine]] = {"onnx": OnnxRuntime, "openvino": OpenVINORuntime}
