"""The main job: from a config to a finished run, and what to tell the person who waited for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from moei_toolkit.config.schema import Config
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.io.run_record import read_run, stage_folder
from moei_toolkit.pipeline.chain import REPORT, make_chain
from moei_toolkit.pipeline.run import RunResult, run_pipeline
from moei_toolkit.pipeline.store import StageStore

SUMMARY_FILE = "summary.json"


def run_main_job(
    config: Config,
    reporter: Reporter,
    first: str | None = None,
    only: str | None = None,
    until: str | None = None,
    dry_run: bool = False,
) -> RunResult:
    """Run the chain of a config; the arguments are those of :func:`run_pipeline`.

    When there is something to do, every component is built once before it begins.

    Raises:
        MoeiError: What :func:`run_pipeline` and :func:`rehearse` raise.
    """
    store = StageStore(config.store_root)
    return run_pipeline(
        config, make_chain(config), store, reporter, first, only, until, dry_run, rehearse=_rehearse
    )


def _rehearse(config: Config) -> None:
    # Rehearsing imports torch, which finding nothing to do must not.
    import_module("moei_toolkit.pipeline.rehearsal").rehearse(config)


def closing_summary(config: Config, result: RunResult) -> str:
    """Return what came out and where the files are; shorter while the run has no report yet."""
    work_dir = Path(config.work_dir)
    record = read_run(work_dir)
    lines = [str(result)]
    if REPORT in record.stages:
        folder = stage_folder(work_dir, record, REPORT)
        summary = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
        lines += [*_quality(summary), *_over_dense(summary["over_dense"]), *_decisions(summary)]
        lines.append(f"report   {work_dir / REPORT / 'report.html'}")
    lines.append(f"run      {work_dir}")
    return "\n".join(lines)


def _quality(summary: Mapping[str, Any]) -> list[str]:
    lines = {**summary["quality"], "macro": summary["macro"]}
    policies = {"input": "input", "dense": "dense", "actual": "MoE-I", "oracle": "oracle"}
    header = "PSNR, dB".ljust(10) + "".join(name.rjust(9) for name in policies.values())
    rows = (
        name.ljust(10) + "".join(f"{line[policy]['psnr']:9.2f}" for policy in policies)
        for name, line in lines.items()
    )
    return ["", header, *rows, ""]


def _over_dense(comparisons: Mapping[str, Any] | str) -> list[str]:
    if isinstance(comparisons, str):
        return [f"MoE-I over dense: not measured: {comparisons}"]
    macro = comparisons["macro"]
    interval = f"{macro['level']:.0%} interval {macro['low']:+.2f} to {macro['high']:+.2f}"
    return [f"MoE-I over dense: {macro['difference']:+.2f} dB, {interval}, {macro['scenes']} scenes"]


def _decisions(summary: Mapping[str, Any]) -> list[str]:
    found, gains = summary["decisions"], summary["expert_gains"]
    clean = summary["clean"].get("actual")
    return [
        f"agreement with the oracle {found['agreement']:.1%}, ECE {found['ece']:.3f}, "
        f"abstained {found['abstained']:.1%}, {found['oracle_gap_psnr']:.2f} dB below the oracle",
        "experts over dense on their own task: "
        + ", ".join(f"{name} {gain:+.2f} dB" for name, gain in gains.items()),
        *([f"clean photographs come back at {clean['min_psnr']:.1f} dB or more"] if clean else []),
        "",
    ]
