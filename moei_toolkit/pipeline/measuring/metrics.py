"""The metrics that a config asks for, and how each of them measures."""

from __future__ import annotations

from typing import Any

from moei_toolkit.config.component import Component
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError, WeightsMissingError
from moei_toolkit.evaluation.metrics.metric import Metric
from moei_toolkit.registry import METRICS

PROTOCOL_FILE = "protocol.json"
DIRECTION = "higher_is_better"
"""Key of a metric's direction, beside its protocol."""
NOT_COMPUTED = "not_computed"
"""Key of the reason, in place of a metric's protocol, why that metric has no values."""


def build_metrics(config: Config) -> tuple[list[Metric], dict[str, dict[str, Any]]]:
    """Return the metrics that can be computed here, and the protocol of every one that was asked for.

    Instead of a protocol, a metric that needs weights and names none has the reason under ``not_computed``.

    Raises:
        ConfigError: If two metrics have the same name.
        WeightsMissingError: If weights that are named are not there.
    """
    metrics: list[Metric] = []
    protocol: dict[str, dict[str, Any]] = {}
    for component in config.evaluate.metrics:
        try:
            metric: Metric = METRICS.build(component.as_dict())
        except WeightsMissingError as error:
            if component.as_dict().get("weights"):
                raise
            protocol[_label(component)] = {NOT_COMPUTED: str(error)}
            continue
        if metric.name in protocol:
            raise ConfigError(f"expected metrics of different names, got {metric.name!r} twice")
        metrics.append(metric)
        protocol[metric.name] = {**metric.protocol, DIRECTION: metric.higher_is_better}
    return metrics, protocol


def _label(component: Component) -> str:
    """Return what a metric is called that could not be built: its type and its options."""
    options = {name: value for name, value in component.as_dict().items() if name not in ("type", "weights")}
    shown = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"{component.type} ({shown})" if shown else component.type
