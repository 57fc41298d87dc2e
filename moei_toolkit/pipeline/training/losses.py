"""The losses that networks are trained with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moei_toolkit.config.schema import Config
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.losses.base import Loss
from moei_toolkit.losses.image import RMSELoss
from moei_toolkit.pipeline.images import degradation_names
from moei_toolkit.registry import LOSSES


def build_losses(config: Config, override: Loss | None = None) -> list[Loss]:
    """Return one loss per degradation, in the order of :func:`degradation_names`; rmse for clean images."""
    if override is not None:
        return [override] * (len(config.tasks) + 1)
    return [*(LOSSES.build(task.loss.as_dict()) for task in config.tasks.values()), RMSELoss()]


def say_losses(config: Config, losses: Sequence[Loss], mix: Iterable[str], log: Reporter) -> None:
    """Tell a person what a training minimises on each degradation, so that a term that is off shows."""
    for name, loss in zip(degradation_names(config), losses, strict=True):
        if name in mix:
            log.info(f"  {name}: " + " + ".join(f"{weight:g} {term}" for term, weight in loss.terms.items()))
