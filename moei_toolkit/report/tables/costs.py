"""What restoring a large image costs in time and memory."""

from __future__ import annotations

from moei_toolkit.evaluation.costs import DRIFTS, LINES, MeasuredCosts
from moei_toolkit.report.tables.table import Table, name_of


def cost_tables(costs: MeasuredCosts | None) -> list[Table]:
    """Return the table of measured costs, or none when nothing was measured."""
    if costs is None:
        return []
    quick = " Fewer runs than a full protocol: 30 warm-ups, 100 runs, three blocks." if costs.quick else ""
    noisy = costs.noise > costs.max_noise
    ratio = f"too noisy ({costs.noise:.1%})" if noisy else f"{costs.latency_over_dense:+.1%}"
    rows = [
        [name_of(policy), *(format(line[cost], form) for cost, form in _FORMATS.items())]
        for policy, line in costs.policies.items()
    ]
    over = {"latency_ms": ratio, "ms_per_mp": ratio, "peak_memory_gb": f"{costs.memory_over_dense:+.1%}"}
    drifts = [f"{costs.drift[name]:.1%}" if costs.drift else "measured once" for name in DRIFTS]
    return [
        Table(
            title="Measured cost",
            header=["policy", *LINES.values()],
            rows=[
                *rows,
                ["MoE-I over dense", *(over.get(cost, "") for cost in LINES)],
                ["largest drift", *drifts],
            ],
            note=f"Restoring one image of {costs.image} from pixels to pixels, without a disk; every policy "
            "in a process of its own, in turn. Latency is a median; MoE-I over dense is the median ratio of "
            f"neighbouring runs. Drift is the range over the blocks, as a share.{quick}",
        )
    ]


_FORMATS = {"latency_ms": ".0f", "ms_per_mp": ".0f", "peak_memory_gb": ".3f", "images_per_second": ".3f"}
