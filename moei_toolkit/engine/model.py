"""The training step of dense and of every expert, in the shape mmengine's Runner asks for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from torch import Tensor, nn

from moei_toolkit.backbones.base import Backbone
from moei_toolkit.errors import TrainingError
from moei_toolkit.experts.base import Expert
from moei_toolkit.inference.describe import describe_views
from moei_toolkit.losses.base import Loss


class RestorationModel(BaseModel):
    """Describes images by their crops and overview, restores the crops and judges each by its own loss.

    Args:
        backbone: The shared trunk; frozen, and run without gradients up to the decoder, unless ``auxiliary``
            is given.
        expert: What the backbone wears.
        losses: One per degradation, in the order of the batch's ``task`` index.
        auxiliary: Head on g that names the degradation and its severity, or None when only the expert is
            trained.
        auxiliary_weight: Weight of the auxiliary loss.
    """

    def __init__(
        self,
        backbone: Backbone,
        expert: Expert,
        losses: Sequence[Loss],
        auxiliary: AuxiliaryHead | None = None,
        auxiliary_weight: float = 1e-3,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.expert = expert
        self.losses = nn.ModuleList(losses)
        self.auxiliary = auxiliary
        self.auxiliary_weight = auxiliary_weight
        backbone.requires_grad_(auxiliary is not None)

    def train(self, mode: bool = True) -> RestorationModel:
        """Switch to training, except for a frozen backbone: its running statistics must not move."""
        super().train(mode)
        if self.auxiliary is None:
            self.backbone.eval()
        return self

    def forward(
        self,
        overview: Tensor,
        degraded: Tensor,
        clean: Tensor,
        task: Tensor,
        severity: Tensor,
        mode: str = "loss",
    ) -> dict[str, Tensor] | Tensor:
        """Restore crops, or return the terms of the loss.

        Args:
            overview: (B, 3, S, S).
            degraded: (B, C, 3, s, s), C crops of each image; they double as its probes.
            clean: (B, C, 3, s, s).
            task: (B,), index into ``losses``.
            severity: (B,), in [0, 1].
            mode: ``"loss"`` for the terms by name, ``"tensor"`` for the restored crops (B * C, 3, s, s).

        Raises:
            TrainingError: If a loss is not finite; raised before anything is updated.
        """
        crops = degraded.flatten(0, 1)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.auxiliary is not None):
            description = describe_views(self.backbone, overview, degraded)
        g_per_crop = description.g.repeat_interleave(degraded.shape[1], 0)
        restored = self.backbone.decode(description.probe_features, crops, self.expert, g_per_crop)
        if mode == "tensor":
            return restored
        terms = {
            "loss": self._restoration_loss(restored, clean.flatten(0, 1), crops, task, degraded.shape[1])
        }
        if self.auxiliary is not None:
            terms["auxiliary_loss"] = self.auxiliary_weight * self.auxiliary(description.g, task, severity)
        penalty = self.expert.penalty()
        if penalty is not None:
            terms["penalty_loss"] = penalty
        _require_finite(terms)
        return terms

    def _restoration_loss(
        self, restored: Tensor, clean: Tensor, crops: Tensor, task: Tensor, count: int
    ) -> Tensor:
        task_of_crop = task.repeat_interleave(count)
        total = restored.new_zeros(())
        for index in task.unique().tolist():
            mine = task_of_crop == index
            total = total + self.losses[index](restored[mine], clean[mine], crops[mine]).sum()
        return total / len(crops)


class AuxiliaryHead(nn.Module):
    """Names the degradation and its severity from g while dense is trained, and is dropped afterwards.

    Args:
        descriptor_dim: Length of g.
        classes: Degradations, "clean" included.
    """

    def __init__(self, descriptor_dim: int, classes: int) -> None:
        super().__init__()
        self.head = nn.Linear(descriptor_dim, classes + 1)

    def forward(self, g: Tensor, task: Tensor, severity: Tensor) -> Tensor:
        """Return cross-entropy of the degradation plus the squared error of the severity, a scalar."""
        logits = self.head(g)
        return F.cross_entropy(logits[:, :-1], task) + F.mse_loss(logits[:, -1], severity)


def _require_finite(terms: dict[str, Tensor]) -> None:
    for name, value in terms.items():
        if not torch.isfinite(value):
            raise TrainingError(
                f"{name} is {value.item()}, expected a finite number; nothing was updated with it"
            )
