"""What measurements say: the four costs of every subject, how far they drift, and how two compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from moei_toolkit.bench.measuring.race import Measurements, Peak, Run
from moei_toolkit.errors import BenchError

MAX_NOISE = 0.05
"""A comparison whose IQR is a larger share of its median is not one."""

MAX_DRIFT = 0.05
"""Blocks that differ by a larger share of their median are not measurements of one thing."""

SharedCost = Literal["latency", "memory"]
"""What two subjects can cost the same of."""

SHARED_COSTS: tuple[SharedCost, ...] = ("latency", "memory")


@dataclass(frozen=True)
class Spread:
    """Median, interquartile range and ninth decile of repeated measurements."""

    median: float
    iqr: float
    p90: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one value."""
        low, median, high, p90 = np.percentile(values, [25, 50, 75, 90])
        return cls(float(median), float(high - low), float(p90))


@dataclass(frozen=True)
class Cost:
    """What one subject costs.

    Attributes:
        subject: Its name.
        latency_ms: Of an image, all three hops.
        hops_ms: Medians of describe, decide and restore.
        ms_per_mp: Median latency by megapixel.
        peak_memory_gb: Resident size of its process at most, 1e9 bytes; the median of the blocks.
        loaded_memory_gb: The same before an image is restored.
        device_memory_gb: Of tensors on a GPU at most; None on a processor.
        images_per_second: Over all timed runs, one image at a time.
        mp_per_second: The same in megapixels.
        drift: Of each of the four costs: the range of its values in the blocks over their median; None where
            one block tells nothing of it.
    """

    subject: str
    latency_ms: Spread
    hops_ms: dict[str, float]
    ms_per_mp: float
    peak_memory_gb: float
    loaded_memory_gb: float
    device_memory_gb: float | None
    images_per_second: float
    mp_per_second: float
    drift: dict[str, float] | None


def costs_of(found: Measurements) -> list[Cost]:
    """Return the costs of every subject, in order."""
    return [_cost_of(found, subject.name) for subject in found.subjects]


def _cost_of(found: Measurements, name: str) -> Cost:
    runs = [run for run in found.runs if run.subject == name]
    peaks = [peak for peak in found.peaks if peak.subject == name]
    by_block = [[run for run in runs if run.block == block] for block in range(found.plan.blocks)]
    latency = Spread.of([1e3 * run.latency for run in runs])
    device = [peak.device for peak in peaks if peak.device is not None]
    rate = _rate(runs)
    return Cost(
        subject=name,
        latency_ms=latency,
        hops_ms={hop: 1e3 * _median([run.seconds[hop] for run in runs]) for hop in runs[0].seconds},
        ms_per_mp=latency.median / found.size.megapixels,
        peak_memory_gb=_median([peak.peak for peak in peaks]) / 1e9,
        loaded_memory_gb=_median([peak.loaded for peak in peaks]) / 1e9,
        device_memory_gb=_median(device) / 1e9 if device else None,
        images_per_second=rate,
        mp_per_second=rate * found.size.megapixels,
        drift=_drifts(by_block, peaks) if len(by_block) > 1 else None,
    )


def _drifts(by_block: Sequence[Sequence[Run]], peaks: Sequence[Peak]) -> dict[str, float]:
    latency = drift([_median([run.latency for run in block]) for block in by_block])
    return {
        "latency": latency,
        "ms_per_mp": latency,  # the image is the same
        "peak_memory": drift([_memory_of(peak) for peak in peaks]),
        "throughput": drift([_rate(block) for block in by_block]),
    }


class NoisyError(BenchError):
    """Two latencies spread too far to be compared."""


@dataclass(frozen=True)
class Ratio:
    """How one subject compares with another: first over second.

    Attributes:
        first: Name.
        second: Name.
        latency: Median of the ratios of neighbouring runs; of ms/MP too, since the image is the same.
        noise: IQR of these ratios over their median; 1 for a single one, whose noise nobody knows.
        memory: Of the peaks.
        pairs: How many ratios.
    """

    first: str
    second: str
    latency: float
    noise: float
    memory: float
    pairs: int

    def of(self, cost: SharedCost) -> float:
        """Return the ratio of one of the costs."""
        return self.latency if cost == "latency" else self.memory

    def require_quiet(self, limit: float = MAX_NOISE) -> Ratio:
        """Return this comparison.

        Raises:
            NoisyError: If its noise is above the limit.
        """
        if self.noise > limit and self.pairs == 1:
            raise NoisyError(
                f"{self.first} against {self.second}: one run of each tells nothing of the noise. "
                "Measure more runs, or allow the noise."
            )
        if self.noise > limit:
            raise NoisyError(
                f"{self.first} against {self.second}: the ratio of their latencies spreads by "
                f"{self.noise:.1%} (IQR over median), expected at most {limit:.0%}. Stop what else runs on "
                "this machine, measure more runs, or allow the noise."
            )
        return self


def compare(found: Measurements, first: str, second: str) -> Ratio:
    """Compare two subjects run by run: those of one turn of all subjects."""
    latencies = {
        name: np.array([run.latency for run in found.runs if run.subject == name]) for name in (first, second)
    }
    ratios = latencies[first] / latencies[second]
    spread = Spread.of(ratios.tolist())
    peaks = {
        name: _median([_memory_of(peak) for peak in found.peaks if peak.subject == name])
        for name in (first, second)
    }
    noise = spread.iqr / spread.median if len(ratios) > 1 else 1.0
    return Ratio(first, second, spread.median, noise, peaks[first] / peaks[second], len(ratios))


def drift(values: Sequence[float]) -> float:
    """Return the range of some values over their median."""
    return float((max(values) - min(values)) / np.median(values))


def _memory_of(peak: Peak) -> int:
    return peak.peak if peak.device is None else peak.device


def _rate(runs: Sequence[Run]) -> float:
    return len(runs) / sum(run.latency for run in runs)


def _median(values: Sequence[float]) -> float:
    return float(np.median(values))
