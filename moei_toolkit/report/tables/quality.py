"""Quality by weather and policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moei_toolkit.evaluation.quality import Means, Quality, macro_label
from moei_toolkit.evaluation.severity import STRATA, Stratum
from moei_toolkit.report.tables.table import Table, name_of
from moei_toolkit.types import EXPERT_PREFIX, SINGLE_PREFIX

_DIGITS = {"psnr": 2, "psnr_y": 2}
_MEANS = "Mean over test images; macro is the mean, H-mean the harmonic mean over weathers"


def quality_table(
    quality: Quality,
    metric: str,
    policies: Sequence[str],
    protocol: Mapping[str, Any],
    higher_is_better: bool,
) -> Table:
    """Return one metric by weather (rows) and policy (columns), with the means over weathers last."""
    distance = "" if higher_is_better else " (of 1 - the distance)"
    settings = "; ".join(f"{key} {value}" for key, value in protocol.items())
    better = "more" if higher_is_better else "less"
    return _table(
        title_of(metric),
        _with_means(quality, {"macro": quality.macro, "H-mean": quality.hmean}),
        metric,
        policies,
        f"{_MEANS}{distance}. {better.capitalize()} is better. {settings}.",
    )


def title_of(metric: str) -> str:
    """Return a metric as titles have it, such as ``"PSNR"`` and ``"LPIPS (net=alex)"``."""
    name, space, options = metric.partition(" ")
    return f"{name.upper()}{space}{options}"


def specialist_table(quality: Quality) -> Table:
    """Return the PSNR of every expert and every single-task model on every weather."""
    policies = sorted(policy for policy in quality.macro if policy.startswith((EXPERT_PREFIX, SINGLE_PREFIX)))
    note = "dB, mean over test images. Off its own weather a specialist may do harm."
    return _table(
        "PSNR of the specialists", _with_means(quality, {"macro": quality.macro}), "psnr", policies, note
    )


def severity_table(strata: Sequence[Stratum]) -> Table:
    """Return PSNR by weather and severity, for the policies of the strata."""
    policies = list(strata[0].quality) if strata else []
    return Table(
        title="PSNR by severity",
        header=["weather", "severity", "images", *map(name_of, policies)],
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


def _with_means(quality: Quality, means: Mapping[str, Means]) -> dict[str, Means]:
    labelled = {macro_label(len(quality.weathers), name): mean for name, mean in means.items()}
    return {**quality.weathers, **labelled}


def _table(title: str, lines: Mapping[str, Means], metric: str, policies: Sequence[str], note: str) -> Table:
    digits = _DIGITS.get(metric, 4)
    return Table(
        title=title,
        header=["weather", *map(name_of, policies)],
        rows=[
            [name, *(f"{line[policy][metric]:.{digits}f}" for policy in policies)]
            for name, line in lines.items()
        ],
        note=note,
    )
