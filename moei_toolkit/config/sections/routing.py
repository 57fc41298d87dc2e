"""How images are described, routed, and when the router is trusted."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from moei_toolkit.config.component import Component
from moei_toolkit.config.kinds import Count, CropSide, Flag, Fraction, NotNegative, Positive, Section


class Views(Section):
    """What *describe* looks at: an overview and a few crops at native resolution.

    Attributes:
        overview_size: Side of the antialiased, square overview, pixels. Training on images of more than a
            megapixel takes it from a stored one where it divides 512, and else from all their pixels.
        probe_size: Side of a probe crop, pixels.
        probes: How many probe crops.
        scope: ``"global"`` looks at the whole image; ``"local"``, for comparison, at nothing but the square
            of ``probe_size`` in its middle.
    """

    overview_size: CropSide = 192
    probe_size: CropSide = 192
    probes: Annotated[int, Field(strict=True, ge=1, le=1024)] = 6
    scope: Literal["global", "local"] = "global"


class Utilities(Section):
    """How the error of every route on every image is measured.

    Attributes:
        error: ``"task"`` for the image's own task loss, ``"l1"`` for the mean absolute error.
        normalize: Divide the errors of an image by the mean error over its routes.
        familiar: Let the router see the images of the split "train" as well. The experts have learnt from
            them, so that their errors there would flatter: they count as the mean of their weather does.
    """

    error: Literal["task", "l1"]
    normalize: Flag
    familiar: Flag = False


class RouterSection(Section):
    """The router and how it learns from the utility cache.

    Attributes:
        router: The component.
        targets: What it learns: the ``"utility"`` of every expert, or, without distillation, which one was
            ``"best"``, or which one is for the ``"weather"`` of the image.
        beta: Sharpness of the soft targets, q_k ~ exp(-beta * eps_k).
        shrinkage: How far the errors eps_k of an image are drawn to their mean over the images of its
            weather, [0, 1]: for few routing scenes, whose luck would else be learnt by heart.
        alpha: Weight of the balance term KL(mean p || uniform).
        iterations: Optimizer steps.
        batch_size: Descriptors per step.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW.
    """

    router: Component
    targets: Literal["utility", "best", "weather"] = "utility"
    beta: Positive
    shrinkage: Fraction = 0.0
    alpha: NotNegative
    iterations: Count
    batch_size: Count
    learning_rate: Positive = 1e-4
    weight_decay: NotNegative = 1e-4


class Calibrate(Section):
    """Calibration of the confidence and of the abstention threshold.

    Attributes:
        calibrator: The component.
        abstention: The rule whose score is held against the threshold tau; the confidence by default.
        max_abstention: Largest share of images that may abstain, [0, 1]; a rule with a limit to
            keep may need more.
        thresholds: How many thresholds tau in [0, 1] are tried.
        threshold: tau itself, in [0, 1]; the best one of those tried when None. A rule with a limit may raise
            it.
    """

    calibrator: Component
    abstention: Component = Component(type="threshold")
    max_abstention: Fraction = 0.10
    thresholds: Annotated[int, Field(strict=True, ge=2)] = 101
    threshold: Fraction | None = None
