"""What to tell the person who waited for a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.studies import RESULTS_FILE
from moei_toolkit.evaluation.checks import told_p
from moei_toolkit.io.json_file import read_object
from moei_toolkit.io.run_record import read_run, stage_folder
from moei_toolkit.pipeline.chain import REPORT
from moei_toolkit.pipeline.running.run import RunResult
from moei_toolkit.report.files import PAGE_FILE
from moei_toolkit.report.tables.table import name_of
from moei_toolkit.types import ACTUAL, DENSE, INPUT, ORACLE


def closing_summary(config: Config, result: RunResult) -> str:
    """Return what came out and where the files are; shorter while the run has no report yet."""
    work_dir = Path(config.work_dir)
    record = read_run(work_dir)
    lines = [str(result)]
    if REPORT in record.stages:
        folder = stage_folder(work_dir, record, REPORT)
        lines += summary_lines(read_object(folder / RESULTS_FILE))
        lines.append(f"report   {work_dir / REPORT / PAGE_FILE}")
    lines.append(f"run      {work_dir}")
    return "\n".join(lines)


def summary_lines(results: Mapping[str, Any]) -> list[str]:
    """Return what results.json says in a few lines."""
    return [
        "",
        *_quality(results["quality"]),
        "",
        *_comparisons(results),
        *_decisions(results),
        *_shift(results),
        "",
    ]


def _quality(quality: Mapping[str, Any]) -> list[str]:
    weathers = quality["weathers"]
    lines = {**weathers, "macro": quality["macro"]} if len(weathers) > 1 else weathers
    width = max(10, *(len(name) + 2 for name in lines))
    policies = (INPUT, DENSE, ACTUAL, ORACLE)
    header = "PSNR, dB".ljust(width) + "".join(name_of(policy).rjust(9) for policy in policies)
    rows = (
        name.ljust(width) + "".join(f"{line[policy]['psnr']:9.2f}" for policy in policies)
        for name, line in lines.items()
    )
    return [header, *rows]


def _comparisons(results: Mapping[str, Any]) -> list[str]:
    lines = []
    for one in results["comparisons"]:
        if (one["metric"], one["weather"]) != ("psnr", "macro"):
            continue
        sure = one["significance"]
        interval = (
            f"{sure['level']:.0%} interval {sure['bca']['low']:+.2f} to {sure['bca']['high']:+.2f}, "
            f"{one['scenes']} scenes"
            if sure
            else one["reason"]
        )
        lines.append(f"MoE-I over {name_of(one['second'])}: {one['difference']:+.2f} dB, {interval}")
    return lines


def _shift(results: Mapping[str, Any]) -> list[str]:
    if not results.get("shift"):
        return []
    rank = results["shift"]["rank"]
    return [
        f"ranking of {len(rank['policies'])} policies against that at home: "
        f"Kendall's tau {rank['tau']:.2f}, p {told_p(rank['p'])}"
    ]


def _decisions(results: Mapping[str, Any]) -> list[str]:
    routing, calibration = results["routing"], results["calibration"]
    clean = results["quality"]["clean"].get("actual")
    gains = (f"{name} {gain:+.2f} dB" for name, gain in results["expert_gains"].items())
    reached = [one["id"] for one in results["objectives"] if one["verdict"] == "pass"]
    failed = [one["id"] for one in results["objectives"] if one["verdict"] == "fail"]
    abstained = f"abstained {routing['fallback']['overall']['abstained']:.1%}"
    chosen = (
        f"agreement with the oracle {routing['agreement']:.1%}, ECE {calibration['ece']:.3f}, "
        f"{abstained}, {routing['oracle_gap']:.2f} dB below the oracle"
    )
    return [
        chosen if len(results["experts"]) > 1 else f"one expert only, nothing was chosen; {abstained}",
        f"experts over dense on their own task: {', '.join(gains) or 'none was tested on it'}",
        *([f"clean photographs come back at {clean['min_psnr']:.1f} dB or more"] if clean else []),
        f"objectives reached: {', '.join(reached) or 'none'}; failed: {', '.join(failed) or 'none'}",
    ]
