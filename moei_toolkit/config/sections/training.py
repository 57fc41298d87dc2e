"""How weights are trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenMapping
from moei_toolkit.config.kinds import (
    BatchSize,
    Count,
    CropSide,
    Decay,
    Flag,
    Name,
    NotEmpty,
    NotNegative,
    Positive,
    Section,
    Weights,
)
from moei_toolkit.types import Precision


def _kind_of_loss(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<component>"


LossChoice = Annotated[
    Annotated[Component, Tag("<component>")] | Annotated[Literal["task"], Tag("<name>")],
    Discriminator(_kind_of_loss),
]
"""A loss, or ``"task"``: each image by its own task's loss."""


class Training(Section):
    """How weights are trained.

    Attributes:
        iterations: Optimizer steps.
        images_per_batch: Images read per step.
        crops_per_image: Random crops taken from each.
        crop_size: Side of a crop, pixels.
        learning_rate: Peak learning rate of AdamW with cosine decay.
        betas: Of AdamW.
        weight_decay: Of AdamW.
        warmup: Steps of linear warm-up; at most ``iterations``.
        clip_norm: Largest norm of the gradient.
        ema_decay: Of the moving average of the weights, [0, 1).
        precision: What the forward pass computes in.
        mix: Relative weight of each task, and of ``clean`` images, in a batch.
        checkpoint_every: Steps between checkpoints.
        validate_every: Steps between validations.
        auxiliary_weight: Weight of the auxiliary head's loss.
        severity_bias: Images of a task are drawn in proportion to severity ** severity_bias; evenly when 0.
        size_bias: Images of a task are drawn in proportion to sqrt(width * height) ** size_bias: evenly when
            0, large ones more often when above it.
        rotate: Turn crops by random quarters, which suits pictures taken from above only.
    """

    iterations: Count
    images_per_batch: BatchSize
    crops_per_image: BatchSize
    crop_size: CropSide
    learning_rate: Positive
    betas: tuple[Decay, Decay] = (0.9, 0.99)
    weight_decay: NotNegative = 1e-4
    warmup: Annotated[int, Field(strict=True, ge=0)]
    clip_norm: Positive = 1.0
    ema_decay: Decay = 0.999
    precision: Precision = "float32"
    mix: Weights
    checkpoint_every: Count
    validate_every: Count
    auxiliary_weight: NotNegative = 1e-3
    severity_bias: NotNegative = 0.0
    size_bias: NotNegative = 0.0
    rotate: Flag = False

    @model_validator(mode="after")
    def _check_warmup(self) -> Training:
        if self.warmup > self.iterations:
            raise ValueError(f"expected warmup <= iterations, got {self.warmup} > {self.iterations}")
        return self


class Dense(Section):
    """The shared backbone, trained on every task."""

    loss: LossChoice
    training: Training


class ExpertSection(Section):
    """One expert: what it is, the task it serves, and how it is trained."""

    expert: Component
    task: str
    training: Training


class DenseEqual(Section):
    """The rival of equal cost: one expert of the same kind and size as the others, trained on every task.

    It has seen as much as all experts together when its iterations are the sum of theirs. What MoE-I gains
    over it can only come from choosing, and from guides where experts have them (`Inference.guides`).
    """

    expert: Component
    training: Training


Experts = Annotated[FrozenMapping[Name, ExpertSection], NotEmpty]


Singles = FrozenMapping[Name, ExpertSection]
