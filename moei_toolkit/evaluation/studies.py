"""What was studied beside a run: ablations, other data, and more runs of the same config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moei_toolkit.evaluation.checks import Verdict
from moei_toolkit.evaluation.reruns import Rerun
from moei_toolkit.evaluation.seeds import SeededRun


@dataclass(frozen=True)
class Ablation:
    """A variant of the run's config, and what it changed.

    Attributes:
        name: Of the variant.
        factor: What it varies.
        policy: The policy it is about.
        difference: Against the config as it is, dB of macro PSNR.
        low: Lower end of its interval; None where it has none.
        high: Upper end.
        finding: ``"better"``, ``"worse"`` or ``"open"``.
        verdicts: Objective -> verdict under the variant.
    """

    name: str
    factor: str
    policy: str
    difference: float
    low: float | None
    high: float | None
    finding: str
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True)
class Ablations:
    """A search that changed one factor at a time.

    Attributes:
        space: Name of what was searched.
        verdicts: Objective -> verdict under the config as it is, on the same terms as the variants'.
        variants: In order.
        failed: Name of a variant -> why there is no result of it.
        factors: Name of a variant -> what it varies; a search that says nothing of it may vary anything.
    """

    space: str
    verdicts: Mapping[str, Verdict]
    variants: Sequence[Ablation]
    failed: Mapping[str, str]
    factors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OtherData:
    """The run on data that are not its own.

    Attributes:
        name: Of the data set and its split.
        images: How many were judged.
        seen: What of them the run has seen, so that they are not other data; None if nothing.
        tau: Kendall's tau-b of the rankings of the policies there and at home; None where ``seen``.
        p: Of it.
        dense: Macro PSNR of dense, dB.
        actual: Macro PSNR of MoE-I, dB.
        agreement: Share of images whose most probable expert is the oracle's.
        ece: Expected calibration error.
        abstained: Share of images.
        ece_before: On some of the scenes; None where calibrating again was not tried.
        ece_again: On the same, after calibrating again on others.
    """

    name: str
    images: int
    seen: str | None
    tau: float | None
    p: float | None
    dense: float
    actual: float
    agreement: float
    ece: float
    abstained: float
    ece_before: float | None
    ece_again: float | None


@dataclass(frozen=True)
class Repetition:
    """A second run of the same config and seed.

    Attributes:
        policies: Dense and MoE-I.
        shared: Stages that were not made twice, but are one result in both runs.
    """

    policies: Sequence[Rerun]
    shared: Sequence[str]


@dataclass(frozen=True)
class Studies:
    """What was studied beside a run, as far as it was.

    Attributes:
        ablations: One factor at a time.
        other_data: Every other data set.
        repetition: A second run.
        seeds: This run and those of other seeds, or none.
    """

    ablations: Ablations | None = None
    other_data: Sequence[OtherData] = ()
    repetition: Repetition | None = None
    seeds: Sequence[SeededRun] = ()


NO_STUDIES = Studies()
