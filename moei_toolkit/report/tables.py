"""The tables of a report as plain rows of text, the same for HTML, Markdown and the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moei_toolkit.evaluation.comparison import Comparison
from moei_toolkit.evaluation.rows import EXPERT_PREFIX
from moei_toolkit.evaluation.severity import STRATA, Stratum
from moei_toolkit.types import ACTUAL, DENSE, INPUT, ORACLE

NAMES = {ACTUAL: "MoE-I"}
"""What policies are called in tables, where that is not their own name."""


@dataclass(frozen=True)
class Table:
    """A titled table.

    Attributes:
        title: What it shows.
        header: Column names.
        rows: Cells, as text; the first column names the row.
        note: How to read it: units, colour space, what was averaged.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str


def quality_table(summary: Mapping[str, Any], metric: str, digits: int, protocol: Mapping[str, Any]) -> Table:
    """Return one metric per task (rows) and policy (columns), with the macro mean last."""
    lines = {**summary["quality"], "macro": summary["macro"]}
    policies = [INPUT, DENSE, ACTUAL, ORACLE, *_experts(summary)]
    return Table(
        title=metric.upper(),
        header=["weather", *(NAMES.get(policy, policy) for policy in policies)],
        rows=[
            [task, *(f"{line[policy][metric]:.{digits}f}" for policy in policies)]
            for task, line in lines.items()
        ],
        note=f"Mean over test images; macro is the mean over weathers. {_protocol(protocol)}",
    )


def decision_table(summary: Mapping[str, Any], gains: Mapping[str, float], threshold: float) -> Table:
    """Return how good the decisions were."""
    found = summary["decisions"]
    clean = summary["clean"].get(ACTUAL)
    lines = [
        ["agreement with the oracle", f"{found['agreement']:.1%}"],
        ["agreement with the weather", f"{found['agreement_with_weather']:.1%}"],
        [f"ECE, {found['bins']} bins", f"{found['ece']:.3f}"],
        ["abstained", f"{found['abstained']:.1%} (confidence below {threshold:.2f})"],
        ["gap to the oracle", f"{found['oracle_gap_psnr']:.2f} dB"],
        *([f"expert {name} over dense on its task", f"{gain:+.2f} dB"] for name, gain in gains.items()),
        ["largest share of one expert", f"{found['largest_share']:.1%}" + ", collapsed" * found["collapsed"]],
        *([f"routed to {name}", f"{share:.1%}"] for name, share in found["share"].items()),
    ]
    if clean:
        lines.append(["clean photographs, output against input", f"{clean['min_psnr']:.1f} dB at least"])
    return Table("Decisions", ["", ""], lines, "Over degraded test images; the clean ones are the last line.")


def severity_table(strata: Sequence[Stratum]) -> Table:
    """Return PSNR by weather and severity, for the policies of the strata."""
    policies = list(strata[0].quality)
    return Table(
        title="PSNR by severity",
        header=["weather", "severity", "images", *(NAMES.get(policy, policy) for policy in policies)],
        rows=[
            [
                part.weather,
                part.name,
                str(part.images),
                *(f"{part.quality[policy]:.2f}" for policy in policies),
            ]
            for part in strata
        ],
        note="dB, mean over images; "
        + ", ".join(f"{name} up to {end:.2f}" for name, end in STRATA.items())
        + " of the largest severity.",
    )


def comparison_table(comparisons: Mapping[str, Comparison] | str) -> Table:
    """Return how much better MoE-I is than dense, or why that could not be said."""
    title = "MoE-I over dense, PSNR"
    if isinstance(comparisons, str):
        return Table(title, ["", ""], [], f"Not measured: {comparisons}")
    level = next(iter(comparisons.values())).level
    rows = [
        [
            name,
            f"{found.difference:+.2f} dB",
            f"{found.low:+.2f} to {found.high:+.2f}",
            "-" if found.cohens_d is None else f"{found.cohens_d:.2f}",
            f"{found.p_t:.3f}",
            f"{found.p_wilcoxon:.3f}",
            str(found.scenes),
        ]
        for name, found in comparisons.items()
    ]
    return Table(
        title=title,
        header=["weather", "difference", f"{level:.0%} interval", "d", "p (t)", "p (Wilcoxon)", "scenes"],
        rows=rows,
        note="Paired bootstrap over scenes (BCa); d and both two-sided tests on means of scenes.",
    )


def _experts(summary: Mapping[str, Any]) -> list[str]:
    return sorted(policy for policy in summary["macro"] if policy.startswith(EXPERT_PREFIX))


def _protocol(protocol: Mapping[str, Any]) -> str:
    return "; ".join(f"{key} {value}" for key, value in protocol.items())


def as_markdown(table: Table) -> str:
    """Return a table in Markdown."""
    lines = [table.header, ["---"] * len(table.header), *table.rows]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"### {table.title}\n\n{body}\n\n{table.note}\n"
