"""The report of a prepared set: what is in it, what it looks like, and what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from moei_toolkit.data.preparation.prepared_set import (
    SPLITS_NAME,
    PreparedSet,
    read_findings,
    read_prepared,
)
from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.preparation.splitting.split_manifest import SplitManifest, read_split_manifest
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.environment import toolkit_version
from moei_toolkit.io.text import printable
from moei_toolkit.report.blocks.block import Block
from moei_toolkit.report.blocks.details import Details
from moei_toolkit.report.blocks.headline import BigNumber, Headline
from moei_toolkit.report.blocks.layout import Grid, Section
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.figures.severity_estimates import severity_estimates
from moei_toolkit.report.figures.severity_spread import severity_spread
from moei_toolkit.report.files import PAGE_FILE
from moei_toolkit.report.html import render_report
from moei_toolkit.report.samples import Pixels, sample_pairs
from moei_toolkit.report.tables.data import (
    counts_table,
    datasets_table,
    degradation_names,
    findings_table,
    megapixels,
    settings_table,
    shifts_table,
    sizes_table,
    split_names,
)
from moei_toolkit.types import CLEAN

FINDINGS_SHOWN = 200
"""Of every kind; the rest is counted."""


def write_data_report(folder: Path) -> Path:
    """Write report.html of a prepared set: one file that needs nothing else.

    Args:
        folder: Holds meta.jsonl, findings.jsonl, splits.json, prepared.json, and pixels or the way to them.

    Returns:
        The page.

    Raises:
        DataError: When a file is missing, damaged or changed, or a sampled image cannot be read.
        StoreError: When the page cannot be written.
    """
    prepared = read_prepared(folder)
    splits = read_split_manifest(folder / SPLITS_NAME)
    records, findings = read_records(folder / RECORDS_NAME), read_findings(folder)
    with PixelStore(folder) as pixels:
        page = render_data_page(folder.absolute().name, prepared, splits, records, findings, pixels)
    atomic_write_text(folder / PAGE_FILE, page)
    return folder / PAGE_FILE


def render_data_page(
    name: str,
    prepared: PreparedSet,
    splits: SplitManifest,
    records: Sequence[Record],
    findings: Sequence[Finding],
    pixels: Pixels,
) -> str:
    """Return the page of a prepared set as HTML.

    Args:
        name: Of the set.
        prepared: How it was made.
        splits: How it was divided.
        records: One per image.
        findings: What was found about files.
        pixels: Where the pixels are; a few images are looked at, however many there are.

    Raises:
        DataError: When one of these cannot be read.
    """
    groups = {
        name: [record for record in records if record.degradation == name]
        for name in degradation_names(records)
        if name != CLEAN
    }
    pictures = [Grid(sample_pairs(group, pixels, len(groups)), name) for name, group in groups.items()]
    sections = [
        Section("Counts", [SortableTable(counts_table(records)), SortableTable(datasets_table(records))]),
        Section("Severity", _severity(groups)),
        Section("Pictures", pictures, _PICTURES),
        Section("Sizes", [SortableTable(sizes_table(records))]),
        *([Section("Alignment", [SortableTable(shifts)])] if (shifts := shifts_table(records)).rows else []),
        Section("Findings", [SortableTable(findings_table(findings)), *_lists(findings)]),
        Section("Settings", [SortableTable(settings_table(prepared, splits))]),
    ]
    footer = f"Made by moei_toolkit {toolkit_version()}."
    return render_report(_headline(name, records, findings), sections, footer)


def _headline(name: str, records: Sequence[Record], findings: Sequence[Finding]) -> Headline:
    scenes = len({record.scene_id for record in records})
    captures = len({record.capture_id for record in records})
    dropped = sum(finding.dropped for finding in findings)
    left_out = f"Files left out: {dropped:,}; the findings say why." if dropped else "No file was left out."
    datasets = ", ".join(sorted({record.dataset for record in records})) or "none"
    return Headline(
        title=f"Prepared data: {name}",
        finding=f"{len(records):,} images of {scenes:,} scenes in the splits "
        f"{', '.join(split_names(records))}. {left_out}"
        if records
        else f"There is no image in it. {left_out}",
        numbers=[
            BigNumber(f"{len(records):,}", "", "images, clean ones among them"),
            BigNumber(f"{scenes:,}", "", "scenes"),
            BigNumber(f"{captures:,}", "", "captures: photographs or bursts"),
            BigNumber(f"{megapixels(records):,.0f}", "MP", "in all images together"),
            BigNumber(f"{dropped:,}", "", "files left out"),
        ],
        note=f"Data sets: {datasets}.",
    )


_PICTURES = (
    "Pairs of every degradation, from light over middle to heavy: the degraded picture and the clean one."
)


def _severity(groups: Mapping[str, Sequence[Record]]) -> list[Block]:
    severities = {
        name: {
            split: [record.severity for record in group if record.split == split]
            for split in split_names(group)
        }
        for name, group in groups.items()
    }
    points = {
        name: [
            (record.id, record.severity, record.severity_estimate)
            for record in group
            if record.severity_estimate is not None
        ]
        for name, group in groups.items()
    }
    return [severity_spread(severities), severity_estimates(points)]


def _lists(findings: Sequence[Finding]) -> list[Details]:
    """Return the findings of every kind as text that opens on demand, those that were left out first."""
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: (one.kind, not one.dropped, one.path)):
        groups.setdefault(finding.kind, []).append(finding)
    return [Details(f"{kind}: {len(group):,}", _listed(group)) for kind, group in groups.items()]


def _listed(findings: Sequence[Finding]) -> str:
    lines = [
        f"{printable(one.path)}: {printable(one.reason)}{' (left out)' if one.dropped else ''}"
        for one in findings[:FINDINGS_SHOWN]
    ]
    rest = len(findings) - FINDINGS_SHOWN
    return "\n".join([*lines, f"and {rest:,} more, in findings.jsonl"] if rest > 0 else lines)
