"""A training loop that starts anywhere without replaying the data before it."""

from __future__ import annotations

from typing import Any

from mmengine.runner.base_loop import BaseLoop
from torch import nn


class CountedLoop(BaseLoop):
    """Runs from the current iteration to ``max_iters``.

    mmengine's own loop fetches and throws away every batch before the current one when it resumes. Here a
    sample depends on its index alone, so the sampler simply starts further on.

    Args:
        runner: The mmengine Runner.
        dataloader: Its sampler is a ``CountingSampler``; a resuming hook sets where it starts.
        max_iters: The iteration to stop at.
    """

    def __init__(self, runner: Any, dataloader: Any, max_iters: int) -> None:
        super().__init__(runner, dataloader)
        self.iter = 0
        self.epoch = 0
        self.max_iters = max_iters
        self.max_epochs = 1
        self.stop_training = False

    def run(self) -> nn.Module:
        """Train; hooks see mmengine's usual events."""
        self.runner.call_hook("before_train")
        self.runner.call_hook("before_train_epoch")
        batches = iter(self.dataloader)
        while self.iter < self.max_iters and not self.stop_training:
            self.runner.model.train()
            batch = next(batches)
            self.runner.call_hook("before_train_iter", batch_idx=self.iter, data_batch=batch)
            outputs = self.runner.model.train_step(batch, optim_wrapper=self.runner.optim_wrapper)
            self.runner.call_hook("after_train_iter", batch_idx=self.iter, data_batch=batch, outputs=outputs)
            self.iter += 1
        self.runner.call_hook("after_train_epoch")
        self.runner.call_hook("after_train")
        return self.runner.model
