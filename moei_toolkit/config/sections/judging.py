"""How images are restored, timed and judged, and what is reported."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from moei_toolkit.config.component import Component
from moei_toolkit.config.frozen import FrozenDict, FrozenMapping
from moei_toolkit.config.kinds import (
    Count,
    Finite,
    Flag,
    Fraction,
    NotEmpty,
    NotNegative,
    Section,
    Side,
    Text,
)
from moei_toolkit.types import Precision


class Inference(Section):
    """How an image of any size is restored by tiles.

    Attributes:
        tile: Side of a tile, pixels.
        overlap: Pixels that neighbouring tiles share; smaller than ``tile``.
        window: How the shared pixels are blended.
        precision: What tiles are computed in; descriptions, decisions and blending stay float32.
        guides: By expert or rival, the short side in pixels at which the whole image is restored first, to
            give tiles their low frequencies. Others, and two experts mixed, do without.
    """

    tile: Side = 512
    overlap: Annotated[int, Field(strict=True, ge=0)] = 64
    window: Literal["hann", "uniform"] = "hann"
    precision: Precision = "float32"
    guides: FrozenMapping[str, Side] = FrozenDict({})

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
        experts: Measure each expert alone, too, beside the dense model and MoE-I.
        max_noise: Largest IQR over median of the ratio of two latencies; above it, they are not compared.
    """

    width: Side = 3840
    height: Side = 2160
    warm_ups: Annotated[int, Field(strict=True, ge=0)] = 30
    runs: Count = 100
    blocks: Count = 3
    experts: Flag = False
    max_noise: Fraction = 0.05


class Evaluate(Section):
    """How restored images and decisions are judged.

    Attributes:
        metrics: Image metrics.
        bins: Equal-width bins of the expected calibration error.
        top2: Judge the two most probable experts mixed, too, where there are two; restores every image once
            more.
        misrouted: Share of the images that are sent to another expert than was decided, to see what it costs.
        pictures: Keep the best, the median and the worst image of each degradation to look at.
    """

    metrics: Annotated[tuple[Component, ...], NotEmpty]
    bins: Count = 15
    top2: Flag = True
    misrouted: Fraction = 0.0
    pictures: Flag = True


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
        small_changes: Factors of an ablation under which the verdicts of O6 to O8 must stay.
        rerun_psnr: The median image of a second run must differ by less, dB.
    """

    dense_reference_psnr: Finite | None = None
    dense_margin: NotNegative = 0.2
    expert_share: Fraction = 0.03
    agreement: Fraction = 0.85
    largest_share: Fraction = 0.70
    ece: Fraction = 0.03
    abstention: Fraction = 0.10
    psnr_gain: Finite = 0.2
    lpips_gain: Finite = 0.01
    p_value: Fraction = 0.05
    cohens_d: Finite = 0.2
    oracle_gap: NotNegative = 0.3
    rank_tau: Finite = 0.6
    cost_drift: Fraction = 0.05
    cost_overhead: Fraction = 0.05
    small_changes: tuple[Text, ...] = (
        "distillation",
        "calibration",
        "abstention",
        "alpha",
        "r",
        "beta",
        "tau",
    )
    rerun_psnr: NotNegative = 0.05


class Report(Section):
    """What the report shows.

    Attributes:
        title: Heading of the report.
    """

    title: str
