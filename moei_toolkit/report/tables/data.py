"""What a prepared set is made of, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from moei_toolkit.data.layouts.base import SPLITS
from moei_toolkit.data.preparation.prepared_set import PreparedSet
from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.preparation.splitting.split_manifest import SplitManifest
from moei_toolkit.data.records import Record
from moei_toolkit.report.tables.table import Table
from moei_toolkit.types import CLEAN

SIZES_SHOWN = 20


def split_names(records: Sequence[Record]) -> list[str]:
    """Return the splits that hold images, in the order in which they are used."""
    found = {record.split for record in records}
    return [*filter(found.__contains__, SPLITS), *sorted(found - set(SPLITS))]


def degradation_names(records: Sequence[Record]) -> list[str]:
    """Return the degradations there are images of, clean first."""
    return sorted({record.degradation for record in records}, key=lambda name: (name != CLEAN, name))


def megapixels(records: Sequence[Record]) -> float:
    """Return the pixels of all images together, in millions."""
    return sum(record.width * record.height for record in records) / 1e6


def counts_table(records: Sequence[Record]) -> Table:
    """Return the number of images by degradation (rows) and split (columns), and of scenes below."""
    splits = {split: [one for one in records if one.split == split] for split in split_names(records)}
    columns: list[Sequence[Record]] = [*splits.values(), records]
    found = [Counter(record.degradation for record in column) for column in columns]
    sums: dict[str, Callable[[Sequence[Record]], float]] = {
        "all images": len,
        "scenes": lambda column: len({record.scene_id for record in column}),
        "captures": lambda column: len({record.capture_id for record in column}),
        "megapixels": megapixels,
    }
    return Table(
        title="Images by degradation and split",
        header=["degradation", *splits, "all"],
        rows=[
            *([name, *(f"{counts[name]:,}" for counts in found)] for name in degradation_names(records)),
            *([name, *(f"{measure(column):,.0f}" for column in columns)] for name, measure in sums.items()),
        ],
        note="A scene is one clean picture with all images made of it; a capture is one photograph or burst. "
        "Neither is ever in two splits.",
    )


def datasets_table(records: Sequence[Record]) -> Table:
    """Return what came from which data set."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.dataset, record.source), []).append(record)
    return Table(
        title="Data sets",
        header=["data set", "source", "images", "scenes", "captures"],
        rows=[
            [
                dataset,
                source,
                f"{len(group):,}",
                f"{len({record.scene_id for record in group}):,}",
                f"{len({record.capture_id for record in group}):,}",
            ]
            for (dataset, source), group in sorted(groups.items())
        ],
        note="",
    )


def sizes_table(records: Sequence[Record]) -> Table:
    """Return the most frequent sizes of images."""
    sizes = Counter((record.width, record.height) for record in records)
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ordered[:SIZES_SHOWN], ordered[SIZES_SHOWN:]
    others = f" {len(rest):,} more sizes, of {sum(count for _, count in rest):,} images." if rest else ""
    return Table(
        title="Sizes",
        header=["width x height", "megapixels", "images"],
        rows=[[f"{w} x {h}", f"{w * h / 1e6:.2f}", f"{count:,}"] for (w, h), count in shown],
        note=f"In pixels, the most frequent first.{others}",
    )


def shifts_table(records: Sequence[Record]) -> Table:
    """Return how far degraded files are shifted against their clean ones, by degradation."""
    groups = {
        name: [one.shift for one in records if one.degradation == name and one.shift is not None]
        for name in degradation_names(records)
    }
    return Table(
        title="Shifts",
        header=["degradation", "pairs measured", "median", "95 in 100 below", "largest"],
        rows=[
            [name, f"{len(shifts):,}", *(f"{value:.2f}" for value in np.percentile(shifts, (50, 95, 100)))]
            for name, shifts in groups.items()
            if shifts
        ],
        note="In pixels, by phase correlation of the files as they came; meta.jsonl has that of every pair. "
        "Weather that was drawn here is not shifted, and was not measured; nor are pairs that show too "
        "little in common.",
    )


def findings_table(findings: Sequence[Finding]) -> Table:
    """Return how often every kind of finding occurred, how often files were left out for it, and why."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.kind, []).append(finding)
    return Table(
        title="What was found",
        header=["kind", "findings", "left out", "for instance"],
        rows=[
            [
                kind,
                f"{len(group):,}",
                f"{sum(finding.dropped for finding in group):,}",
                min(group, key=lambda finding: not finding.dropped).reason,
            ]
            for kind, group in sorted(groups.items())
        ],
        note="Files left out are no part of the set; the other ones are, and are worth a look."
        if findings
        else "Nothing was found wrong.",
    )


def settings_table(prepared: PreparedSet, splits: SplitManifest) -> Table:
    """Return how the set was prepared, and the hashes that tell it from any other."""
    divided = {"seed": splits.seed, "shares": dict(splits.shares), "hashes": dict(splits.hashes)}
    return Table(
        title="Settings and hashes",
        header=["name", "value"],
        rows=_leaves({**asdict(prepared), "splits": divided}, ""),
        note="Hashes are sha256: of files, and below splits of the hashes of all images of a split.",
    )


def _leaves(value: Any, name: str) -> list[tuple[str, str]]:
    """Return the plain values inside a value, each with the keys that lead to it."""
    if isinstance(value, dict) and value:
        parts = ((f"{name}.{key}" if name else str(key), inner) for key, inner in value.items())
        return [leaf for key, inner in parts for leaf in _leaves(inner, key)]
    if isinstance(value, list):
        return [(name, ", ".join(map(str, value)) or "none")]
    return [(name, "none" if value in (None, {}) else str(value))]
