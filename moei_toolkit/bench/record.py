"""What a benchmark leaves: ``cost.json``, every timed run, and a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from moei_toolkit.bench.cost import Cost, Ratio
from moei_toolkit.bench.measuring.race import Measurements
from moei_toolkit.bench.measuring.subject import Size
from moei_toolkit.errors import BenchError
from moei_toolkit.evaluation.costs import DRIFTS, SCHEMA
from moei_toolkit.io.atomic import atomic_write_json, atomic_write_text
from moei_toolkit.io.environment import versions
from moei_toolkit.io.json_file import parse_json
from moei_toolkit.types import EXPERT_PREFIX

COST_FILE, RUNS_FILE, TABLE_FILE = "cost.json", "runs.jsonl", "costs.csv"
_MOST_CHARACTERS = 200
IO_POLICY = "one image at a time, uint8 pixels in memory in and out; no disk"


def read_latencies(path: Path, size: Size) -> dict[str, float]:
    """Return the median latency in ms of every route that a benchmark has timed.

    Args:
        path: A cost.json.
        size: Of the image; the benchmark's must be the same.

    Raises:
        BenchError: It is no such file, or of other images, or it holds several latencies of a policy.
    """
    try:
        data = parse_json(path.read_bytes())
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']!r}, not {SCHEMA}")
        image = Size(**data["image"])
        medians = {cost["subject"]: float(cost["latency_ms"]["median"]) for cost in data["costs"]}
        policies = {subject["name"]: subject["policy"] for subject in data["subjects"]}
        routes = {name: policies[name].removeprefix(EXPERT_PREFIX) for name in medians}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        told = f"{type(error).__name__}: {str(error)[:_MOST_CHARACTERS]}"
        raise BenchError(f"{path}: expected a cost.json of tools/bench.py, got {told}") from error
    if image != size:
        raise BenchError(f"{path}: expected latencies of images of {size}, got {image}; give --size {image}")
    found: dict[str, float] = {}
    for name, median in medians.items():
        route = routes[name]
        if route in found:
            raise BenchError(
                f"{path}: expected one latency of {route!r}, got several, the last of {name!r}; measure "
                "with one runtime and precision, and without --usual"
            )
        found[route] = median
    return found


def write_costs(
    out: Path,
    found: Measurements,
    costs: Sequence[Cost],
    ratios: Sequence[Ratio],
    protocol: dict[str, Any],
) -> None:
    """Write what was measured into an existing folder.

    Args:
        out: The folder.
        found: Every run.
        costs: Of each subject.
        ratios: Subjects compared with a baseline.
        protocol: How images are tiled, and what tiles are computed in where a subject has nothing of its own.
    """
    atomic_write_json(
        out / COST_FILE,
        {
            "schema": SCHEMA,
            "quick": found.plan.is_quick,
            "image": asdict(found.size),
            "plan": asdict(found.plan),
            "protocol": protocol,
            "precisions": dict(found.precisions),
            "routes": dict(found.routes),
            "io": IO_POLICY,
            "environment": versions(),
            "subjects": [asdict(subject) for subject in found.subjects],
            "costs": [asdict(cost) for cost in costs],
            "ratios": [asdict(ratio) for ratio in ratios],
            "peaks": [asdict(peak) for peak in found.peaks],
        },
    )
    head = {"schema": SCHEMA, "quick": found.plan.is_quick, "image": str(found.size)}
    lines = [json.dumps({**head, **asdict(run), "latency_ms": 1e3 * run.latency}) for run in found.runs]
    atomic_write_text(out / RUNS_FILE, "".join(f"{line}\n" for line in lines))
    atomic_write_text(out / TABLE_FILE, as_csv(costs, found.plan.is_quick))


def as_csv(costs: Sequence[Cost], quick: bool) -> str:
    """Return one line per subject, each marked when it was measured less often than the protocol asks."""
    text = io.StringIO()
    lines = [{**_line(cost), "quick": quick} for cost in costs]
    writer = csv.DictWriter(text, lines[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _line(cost: Cost) -> dict[str, Any]:
    latency = cost.latency_ms
    return {
        "subject": cost.subject,
        "latency_ms": latency.median,
        "iqr_ms": latency.iqr,
        "p90_ms": latency.p90,
        "ms_per_mp": cost.ms_per_mp,
        "peak_memory_gb": cost.peak_memory_gb,
        "loaded_memory_gb": cost.loaded_memory_gb,
        "device_memory_gb": cost.device_memory_gb,
        "images_per_second": cost.images_per_second,
        "mp_per_second": cost.mp_per_second,
        **{f"drift_{name}": cost.drift[name] if cost.drift else None for name in DRIFTS},
    }
