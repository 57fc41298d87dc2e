"""From a bundle to objects that work, without PyTorch and without anything that trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.calibrators.rules.threshold import Threshold
from moei_toolkit.errors import CheckpointError, ConfigError, did_you_mean, located
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.export.record import RECORD, Fitted, graphs_in, read_bundle
from moei_toolkit.inference.runtimes.base import Runtime
from moei_toolkit.inference.runtimes.engines import ENGINES
from moei_toolkit.registration.construction import build_offered

_CALIBRATOR = "moei_toolkit.calibrators.base:Calibrator"
_RULE = "moei_toolkit.calibrators.rules.base:AbstentionRule"


def load_bundle(folder: Path, runtime: str = "onnx", threads: int | None = None) -> tuple[Runtime, Decider]:
    """Load the parts of a restorer from a bundle.

    Args:
        folder: The bundle.
        runtime: What runs its graphs: ``"onnx"`` or ``"openvino"``.
        threads: How many; one per core when None.

    Raises:
        ConfigError: If there is no such runtime, or its package is not installed.
        StoreError: If there is no bundle.
        CheckpointError: If it is damaged, or of a kind this toolkit does not know.
        RegistryError: If the calibrator or the abstention rule is not installed.
    """
    if runtime not in ENGINES:
        raise ConfigError(f"bundles: there is no runtime {runtime!r}. {did_you_mean(runtime, ENGINES)}")
    record = read_bundle(folder)
    with located(str(folder / RECORD)):
        calibrator: Calibrator = _load("calibrators", _CALIBRATOR, record.calibration)
        rule: AbstentionRule = Threshold()
        if record.abstention:
            rule = _load("abstentions", _RULE, record.abstention)
    graphs = graphs_in(folder, record.experts)
    engine = ENGINES[runtime](graphs, record.protocol, threads)

    def score(g: np.ndarray, image: str) -> np.ndarray:
        logits = engine.score(g)  # a graph knows no names
        if logits.shape[1:] != (len(record.experts),):
            raise CheckpointError(
                f"{graphs.router}: expected logits of {len(record.experts)} experts, as the record beside it "
                f"says, got {logits.shape}. Export it again."
            )
        return logits

    return engine, Decider(score, calibrator, record.threshold, record.experts, rule)


def _load(kind: str, contract: str, fitted: Fitted) -> Any:
    component = build_offered(kind, contract, fitted.component)
    try:
        component.load_state(fitted.state)
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"expected a calibration, got {type(error).__name__}: {error}") from error
    return component
