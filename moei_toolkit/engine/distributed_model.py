"""A model that several processes train as one: each on its part of every batch."""

from __future__ import annotations

from typing import Any

import torch.distributed as dist
from mmengine.device import get_device
from mmengine.model import BaseModel, MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch import Tensor

from moei_toolkit.backbones.sharded_batch import Shard, sharded_batch
from moei_toolkit.engine.process_group import ProcessGroup


def distribute(model: BaseModel, group: ProcessGroup) -> BaseModel | MMDistributedDataParallel:
    """Return what trains a model: itself when this process is alone."""
    if group.size == 1:
        return model
    group.agree()
    with group.collective():
        return DistributedModel(model.to(get_device()), group)


class DistributedModel(MMDistributedDataParallel):
    """Takes the steps of one process that has the whole batch, to rounding.

    The loss of a model is a mean over images, and all parts are equal: so the mean of the gradients, which
    is clipped, is the gradient of the whole batch.

    Args:
        model: Lies on its device.
        group: Who trains it.
    """

    def __init__(self, model: BaseModel, group: ProcessGroup) -> None:
        # What an expert has not used in a step gets no gradient.
        super().__init__(model, find_unused_parameters=True)
        self._group = group
        self._shard = Shard(group.rank, group.size, dist.all_reduce)

    def train_step(self, data: Any, optim_wrapper: OptimWrapper) -> dict[str, Tensor]:
        """Take one step together; return the terms of the loss of the whole batch.

        Raises:
            MoeiError: A process has failed on its part; nothing is updated.
        """
        self._group.agree()
        with self._group.collective(), optim_wrapper.optim_context(self), sharded_batch(self._shard):
            terms = self._run_forward(self.module.data_preprocessor(data, training=True), mode="loss")
        loss, logged = self.module.parse_losses(terms)
        self._group.agree()
        with self._group.collective():
            optim_wrapper.update_params(loss)
            return self._group.mean(logged)
