"""What happens around a training iteration, one small hook each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mmengine.hooks import Hook
from mmengine.model import MomentumAnnealingEMA

Scalars = Mapping[str, float]


class AverageHook(Hook):
    """Keeps the exponential moving average of the trained modules up to date.

    Args:
        averages: Pairs of a moving average and its source module.
    """

    priority = "NORMAL"

    def __init__(self, averages: list[tuple[MomentumAnnealingEMA, Any]]) -> None:
        self.averages = averages

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        """Fold the updated weights into the average."""
        for average, module in self.averages:
            average.update_parameters(module)


class ValidationHook(Hook):
    """Measures the averaged weights now and then and logs the result.

    Args:
        every: Iterations between measurements; one more is made at the end.
        measure: Returns the scalars to log, for instance ``{"psnr": 27.1}``.
        on_measured: Called with the iteration and the scalars.
    """

    priority = "LOW"

    def __init__(
        self, every: int, measure: Callable[[], Scalars], on_measured: Callable[[int, Scalars], None]
    ) -> None:
        self.every = every
        self.measure = measure
        self.on_measured = on_measured

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        """Measure after every ``every``-th iteration and after the last."""
        done = batch_idx + 1
        if done % self.every == 0 or done == runner.max_iters:
            scalars = self.measure()
            runner.visualizer.add_scalars(
                {f"val/{name}": value for name, value in scalars.items()}, step=done
            )
            self.on_measured(done, scalars)


class ProgressHook(Hook):
    """Reports the iteration and the current loss.

    Args:
        report: Called after every iteration with how many are done and the loss.
    """

    priority = "LOW"

    def __init__(self, report: Callable[[int, float | None], None]) -> None:
        self.report = report

    def before_train_epoch(self, runner: Any) -> None:
        """Report where a resumed run starts."""
        self.report(runner.iter, None)

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Mapping[str, Any] | None = None
    ) -> None:
        """Report one iteration more."""
        self.report(batch_idx + 1, float(outputs["loss"].detach()) if outputs else None)
