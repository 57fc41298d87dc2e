"""From a network to a file in the ONNX format."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from moei_toolkit.errors import ExportError
from moei_toolkit.inference.runtimes.packages import import_extra

OPSET = 18
"""Version of the operators; every runtime of the last years knows them."""

_NO_SIDES: Mapping[str, Mapping[int, str]] = {}


def write_graph(
    path: Path,
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    output: str,
    varying: Mapping[str, Mapping[int, str]] = _NO_SIDES,
) -> None:
    """Trace a network and write what it does, with its weights; the same network gives the same bytes.

    Args:
        path: The file.
        network: In evaluation mode.
        inputs: Examples of its arguments, by name.
        output: What its result is called.
        varying: Input -> axis -> name, for the sides that are not always those of the example.

    Raises:
        ConfigError: If a package is not installed.
        ExportError: If the network cannot be traced, or does not take every size.
    """
    onnx = import_extra("onnx", "export")
    import_extra("onnxscript", "export")
    shapes = {name: dict(varying.get(name, {})) for name in inputs}
    try:
        with torch.inference_mode(), contextlib.redirect_stdout(io.StringIO()):
            program: Any = torch.onnx.export(
                network,
                kwargs=dict(inputs),
                input_names=list(inputs),
                output_names=[output],
                dynamic_shapes=shapes,
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        model = program.model_proto
        _forget_origin(model)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # a stranger's network may fail in any way
        cause = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        raise ExportError(f"{path.name}: the network cannot be exported: {cause}") from error
    path.write_bytes(model.SerializeToString(deterministic=True))


def _forget_origin(model: Any) -> None:
    """Remove what tells where the toolkit lay, and which of its lines every node came from."""
    for graph in (model.graph, *model.functions):
        graph.ClearField("metadata_props")
        for node in graph.node:
            node.ClearField("metadata_props")
            node.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        value.ClearField("metadata_props")
        value.ClearField("doc_string")
    model.ClearField("metadata_props")
    model.ClearField("doc_string")
