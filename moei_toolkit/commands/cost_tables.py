"""Tables of what restoring costs, and of how two costs compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moei_toolkit.cli import format_table

if TYPE_CHECKING:
    from moei_toolkit.bench.budgets.pairs import Pair
    from moei_toolkit.bench.cost import Cost, Ratio
    from moei_toolkit.bench.scaling.studies import Point

_NOT_COMPARED = "not compared"
_VERDICTS = {True: "yes", False: "no", None: "-"}


def costs_table(costs: Sequence[Cost]) -> str:
    """Return a line for every subject."""
    header = ["subject", "latency ms", "IQR", "p90", "ms/MP", "peak GB", "loaded GB", "images/s", "drift"]
    rows = [
        [
            cost.subject,
            f"{cost.latency_ms.median:.1f}",
            f"{cost.latency_ms.iqr:.1f}",
            f"{cost.latency_ms.p90:.1f}",
            f"{cost.ms_per_mp:.1f}",
            f"{cost.peak_memory_gb:.3f}",
            f"{cost.loaded_memory_gb:.3f}",
            f"{cost.images_per_second:.3f}",
            f"{max(cost.drift.values()):.1%}" if cost.drift else "-",
        ]
        for cost in costs
    ]
    return format_table(header, rows)


def drift_line(costs: Sequence[Cost], limit: float) -> str:
    """Return which subject drifted most between blocks, and whether that is within the limit."""
    drifts = {cost.subject: max(cost.drift.values()) for cost in costs if cost.drift}
    if not drifts:
        return "measured once: nothing is known of the drift"
    worst = max(drifts, key=lambda subject: drifts[subject])
    verdict = "within" if drifts[worst] <= limit else "ABOVE"
    return f"largest drift between blocks: {drifts[worst]:.1%} ({worst}), {verdict} {limit:.0%}"


def ratio_line(ratio: Ratio, limit: float) -> str:
    """Return how two subjects compare; latencies only where their noise is within the limit."""
    return (
        f"{ratio.first} / {ratio.second}: latency {_latency(ratio, limit)} (noise {ratio.noise:.1%}), "
        f"memory {ratio.memory:.3f}"
    )


def pairs_table(pairs: Sequence[Pair], tolerance: float, limit: float) -> str:
    """Return a line for every rival of MoE-I."""
    header = ["rival", "budget", "latency", "noise", "memory", f"equal within {100 * tolerance:g}%"]
    rows = [
        [
            pair.rival,
            " and ".join(pair.budget) or "-",
            _latency(pair.ratio, limit),
            f"{pair.ratio.noise:.1%}",
            f"{pair.ratio.memory:.3f}",
            _VERDICTS[pair.equal],
        ]
        for pair in pairs
    ]
    return format_table(header, rows)


def study_table(points: Sequence[Point], axis: str) -> str:
    """Return a line for every value of a scaling study."""
    header = [axis, "image", "latency s", "ms/MP", "peak GB", "over first", "noise"]
    rows = [
        [
            str(point.value),
            str(point.size),
            f"{point.cost.latency_ms.median / 1e3:.2f}",
            f"{point.cost.ms_per_mp:.0f}",
            f"{point.cost.peak_memory_gb:.3f}",
            f"{point.over_first.latency:.3f}" if point.over_first else "-",
            f"{point.over_first.noise:.1%}" if point.over_first else "-",
        ]
        for point in points
    ]
    return format_table(header, rows)


def _latency(ratio: Ratio, limit: float) -> str:
    return f"{ratio.latency:.3f}" if ratio.noise <= limit else _NOT_COMPARED
