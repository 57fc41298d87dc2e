"""The sections of a config."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict, FrozenMapping
from moei_toolkit.config.kinds import (
    Count,
    Decay,
    Flag,
    Fraction,
    Name,
    NotEmpty,
    NotNegative,
    Positive,
    Section,
    Side,
    Split,
    Text,
    Weights,
)


def _kind_of_loss(value: Any) -> str:
    return "<name>" if isinstance(value, str) else "<component>"


LossChoice = Annotated[
    Annotated[Component, Tag("<component>")] | Annotated[Literal["task"], Tag("<name>")],
    Discriminator(_kind_of_loss),
]
"""A loss, or ``"task"``: each image by its own task's loss."""


class Data(Section):
    """Where images come from: made from the scenes of a layout, or prepared before the run.

    Attributes:
        layout: A layout of scenes that lie on no disk, such as ``embedded``.
        draws: Weather draws per scene and task, for each split, when there is a layout.
        prepared: Folders that tools/prepare_data.py made.
    """

    layout: Component | None = None
    draws: FrozenMapping[Split, Count] = FrozenDict({})
    prepared: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _check_source(self) -> Data:
        if (self.layout is None) == (not self.prepared):
            raise ValueError("expected either 'layout' and 'draws', or 'prepared'")
        if self.layout is None and self.draws:
            raise ValueError(
                "expected no 'draws' beside 'prepared': weather was drawn when the data were prepared"
            )
        return self


class Task(Section):
    """One kind of degradation and how its restoration is judged.

    Attributes:
        degradation: Draws it over the scenes of a layout; prepared data show it already.
        loss: What restored images are judged by.
    """

    degradation: Component | None = None
    loss: Component


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
        rotate: Turn crops by random quarters, which suits pictures taken from above only.
    """

    iterations: Count
    images_per_batch: Count
    crops_per_image: Count
    crop_size: Side
    learning_rate: Positive
    betas: tuple[Decay, Decay] = (0.9, 0.99)
    weight_decay: NotNegative = 1e-4
    warmup: Annotated[int, Field(strict=True, ge=0)]
    clip_norm: Positive = 1.0
    ema_decay: Decay = 0.999
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    mix: Weights
    checkpoint_every: Count
    validate_every: Count
    auxiliary_weight: NotNegative = 1e-3
    severity_bias: NotNegative = 0.0
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
    over it can only come from choosing.
    """

    expert: Component
    training: Training


class Views(Section):
    """What *describe* looks at: an overview and a few crops at native resolution.

    Attributes:
        overview_size: Side of the antialiased, square overview, pixels.
        probe_size: Side of a probe crop, pixels.
        probes: How many probe crops.
    """

    overview_size: Side = 192
    probe_size: Side = 192
    probes: Count = 6


class Utilities(Section):
    """How the error of every route on every image is measured.

    Attributes:
        error: ``"task"`` for the image's own task loss, ``"l1"`` for the mean absolute error.
        normalize: Divide the errors of an image by the mean error over its routes.
    """

    error: Literal["task", "l1"]
    normalize: Flag


class RouterSection(Section):
    """The router and how it learns from the utility cache.

    Attributes:
        router: The component.
        beta: Sharpness of the soft targets, q_k ~ exp(-beta * eps_k).
        alpha: Weight of the balance term KL(mean p || uniform).
        iterations: Optimizer steps.
        batch_size: Descriptors per step.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW.
    """

    router: Component
    beta: Positive
    alpha: NotNegative
    iterations: Count
    batch_size: Count
    learning_rate: Positive = 1e-4
    weight_decay: NotNegative = 1e-4


class Guarantee(Section):
    """A promise about images like those of split "calibrate": how much worse than dense they come out.

    Attributes:
        level: Expected harm of a new scene, at most; dB of PSNR. Smaller than ``bound``.
        bound: More harm than this counts as this, dB. It takes at least bound / level - 1 scenes.
    """

    level: Positive
    bound: Positive

    @model_validator(mode="after")
    def _check_level(self) -> Guarantee:
        if self.level >= self.bound:
            raise ValueError(f"expected level < bound, got {self.level} >= {self.bound}")
        return self


class Calibrate(Section):
    """Calibration of the confidence and of the abstention threshold.

    Attributes:
        calibrator: The component.
        abstention: The rule whose score is held against the threshold tau; the confidence by default.
        max_abstention: Largest share of images that may abstain, [0, 1]; a guarantee may need more.
        thresholds: How many thresholds tau in [0, 1] are tried.
        guarantee: Abstain often enough for this; for the best quality only when None.
    """

    calibrator: Component
    abstention: Component = Component(type="threshold")
    max_abstention: Fraction = 0.10
    thresholds: Annotated[int, Field(strict=True, ge=2)] = 101
    guarantee: Guarantee | None = None


class Inference(Section):
    """How an image of any size is restored by tiles.

    Attributes:
        tile: Side of a tile, pixels.
        overlap: Pixels that neighbouring tiles share; smaller than ``tile``.
        window: How the shared pixels are blended.
        precision: What tiles are computed in; descriptions, decisions and blending stay float32.
    """

    tile: Side = 512
    overlap: Annotated[int, Field(strict=True, ge=0)] = 64
    window: Literal["hann", "uniform"] = "hann"
    precision: Literal["float32", "bfloat16", "float16"] = "float32"

    @model_validator(mode="after")
    def _check_overlap(self) -> Inference:
        if self.overlap >= self.tile:
            raise ValueError(f"expected overlap < tile, got {self.overlap} >= {self.tile}")
        return self


class Bench(Section):
    """How the cost of restoring is measured; a full protocol has 30 warm-ups, 100 runs and 3 blocks.

    Attributes:
        width: Of the image, pixels.
        height: Of the image, pixels.
        warm_ups: Runs before any is timed, in every block.
        runs: Timed runs in a block.
        blocks: How many times everything is measured anew, in fresh processes.
        max_noise: Largest IQR over median of the ratio of two latencies; above it, they are not compared.
    """

    width: Side = 3840
    height: Side = 2160
    warm_ups: Annotated[int, Field(strict=True, ge=0)] = 30
    runs: Count = 100
    blocks: Count = 3
    max_noise: Fraction = 0.05


class Evaluate(Section):
    """How restored images and decisions are judged.

    Attributes:
        metrics: Image metrics.
        bins: Equal-width bins of the expected calibration error.
    """

    metrics: Annotated[tuple[Component, ...], NotEmpty]
    bins: Count = 15


class Objectives(Section):
    """From what on a research objective counts as reached.

    Attributes:
        dense_reference_psnr: Published median of this data, dB of macro PSNR; None when there is none.
        dense_margin: How far dense may stay below it, dB.
        expert_share: Largest size of an expert, as a share of the backbone's parameters.
        agreement: Least share of images whose expert is the oracle's.
        largest_share: An expert with this share of all images or more means collapse.
        ece: Largest expected calibration error.
        abstention: Largest share of abstentions.
        psnr_gain: Least gain over the rival of equal cost, dB of macro PSNR.
        lpips_gain: Least reduction of macro LPIPS.
        p_value: Below it, a difference is significant.
        cohens_d: Least effect size.
        oracle_gap: Largest distance to the oracle, dB.
        rank_tau: Least Kendall's tau-b between the rankings of the policies on two data sets.
        cost_drift: Largest drift of a cost between two measurements, as a share.
        cost_overhead: Largest cost over that of dense, as a share.
        rerun_psnr: Largest difference of a second run on the median image, dB.
    """

    dense_reference_psnr: float | None = None
    dense_margin: NotNegative = 0.2
    expert_share: Fraction = 0.03
    agreement: Fraction = 0.85
    largest_share: Fraction = 0.70
    ece: Fraction = 0.03
    abstention: Fraction = 0.10
    psnr_gain: float = 0.2
    lpips_gain: float = 0.01
    p_value: Fraction = 0.05
    cohens_d: float = 0.2
    oracle_gap: NotNegative = 0.3
    rank_tau: float = 0.6
    cost_drift: Fraction = 0.05
    cost_overhead: Fraction = 0.05
    rerun_psnr: NotNegative = 0.05


class Report(Section):
    """What the report shows.

    Attributes:
        title: Heading of the report.
    """

    title: str


class CustomImports(Section):
    """Modules to import when the config is loaded, as in any mmengine config.

    Attributes:
        imports: Names of the modules.
        allow_failed_imports: Warn instead of failing when one cannot be imported.
    """

    imports: tuple[str, ...]
    allow_failed_imports: Flag = False


Tasks = Annotated[FrozenMapping[Name, Task], NotEmpty]
Experts = Annotated[FrozenMapping[Name, ExpertSection], NotEmpty]
Singles = FrozenMapping[Name, ExpertSection]
