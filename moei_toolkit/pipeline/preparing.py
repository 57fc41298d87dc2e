"""Builds what a preparation names, prepares, and leaves a page to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from moei_toolkit.config.preparation import Preparation
from moei_toolkit.data.layouts.base import SPLITS, TEST, TRAIN
from moei_toolkit.data.preparation.checking.inspection import AS_IT_IS, Checks
from moei_toolkit.data.preparation.keeping.beginning import storage_begun, storage_of
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.data.preparation.prepare import Order, prepare
from moei_toolkit.data.preparation.prepared_set import (
    FINDINGS_NAME,
    PreparedSet,
    read_findings,
)
from moei_toolkit.data.records import RECORDS_NAME, read_records
from moei_toolkit.errors import ConfigError, located
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.pipeline.known_weather import KnownWeather
from moei_toolkit.registry import DEGRADATIONS, LAYOUTS
from moei_toolkit.report.data_page import write_data_report
from moei_toolkit.report.files import PAGE_FILE
from moei_toolkit.types import CLEAN

_SHOWN = 20
LMDB = "lmdb"


def prepare_data(
    config: Preparation, folder: Path, log: Reporter, workers: int | None = None, verify: bool = False
) -> PreparedSet:
    """Prepare a data set; see :func:`moei_toolkit.data.preparation.prepare.prepare`.

    Args:
        config: What to prepare.
        folder: The prepared set.
        log: Told how far it is.
        workers: Processes; all cores when None, none but this one when 0.
        verify: Compare the checksum of every image that is kept already, and do those anew that are damaged.

    Raises:
        MoeiError: A component is unknown, or the data or the disk cannot be used.
    """
    order = make_order(config, choose_storage(config, folder), workers)
    prepared = prepare(replace(order, verify=verify), folder, log)
    if config.report:
        write_data_report(folder)
    return prepared


def choose_storage(config: Preparation, folder: Path) -> str:
    """Return where pixels are kept; a set that is there, or was begun, keeps them where it did.

    Raises:
        ConfigError: The config asks for another kind.
    """
    found = storage_of(folder)
    if found is None:
        return config.storage or storage_begun(folder) or LMDB
    if config.storage not in (None, found):
        raise ConfigError(
            f"storage: {folder} keeps its pixels as {found!r}, got {config.storage!r}. Prepare into a fresh "
            "folder; tools/pack_lmdb.py turns 'files' into 'lmdb'."
        )
    return found


def make_order(config: Preparation, storage: str = LMDB, workers: int | None = None) -> Order:
    """Build the components that a preparation names.

    Args:
        config: The preparation.
        storage: "lmdb" or "files".
        workers: Processes; all cores when None, none but this one when 0.

    Raises:
        RegistryError: A component is unknown, or does not accept its arguments.
        DataError: The files of the layout are not there.
    """
    with located("layout"):
        layout = LAYOUTS.build(config.layout.as_dict())
    weather = {}
    for name, component in config.weather.items():
        with located(f"weather.{name}"):
            weather[name] = DEGRADATIONS.build(component.as_dict())
    checks = config.checks
    return Order(
        layout=layout,
        layout_config=config.layout.as_dict(),
        root=Path(str(config.layout.arguments.get("root", "."))).expanduser(),
        weather=weather,
        weather_config={name: component.as_dict() for name, component in config.weather.items()},
        known=KnownWeather(weather).find,
        draws={str(split): count for split, count in config.draws.items()},
        shares={str(split): share for split, share in config.shares.items()},
        checks=Checks(checks.smallest_side, checks.largest_shift, checks.misaligned),
        distance=checks.distance,
        storage=storage,
        seed=config.seed,
        workers=workers,
    )


def describe_layout(config: Preparation) -> str:
    """Return how many scenes and images a layout finds, without reading any pixels."""
    order = make_order(config)
    scenes, leftovers = list(order.layout.scenes(order.seed)), list(order.layout.leftovers())
    lines = [f"{len(scenes)} scenes of {len({scene.capture_id for scene in scenes})} captures"]
    splits = Counter(scene.split or "splits to be decided by shares" for scene in scenes)
    lines += [f"  {count:7} scenes in {split}" for split, count in sorted(splits.items())]
    tasks = Counter(file.degradation for scene in scenes for file in scene.degraded)
    lines += [f"  {count:7} images of {task}" for task, count in sorted(tasks.items())]
    if clean := sum(not scene.degraded for scene in scenes):
        lines.append(f"  {clean:7} scenes get weather drawn over them: {', '.join(config.weather)}")
    shown = ((name_below(order.root, leftover.path), leftover.reason) for leftover in leftovers[:_SHOWN])
    lines += [f"left over: {name}: {reason}" for name, reason in shown]
    if len(leftovers) > _SHOWN:
        lines.append(f"left over: {len(leftovers) - _SHOWN} more files")
    return "\n".join(lines)


def describe_set(folder: Path, prepared: PreparedSet) -> str:
    """Return what came of a preparation in a few lines: a table, what was left out, and where to look."""
    records, findings = read_records(folder / RECORDS_NAME), read_findings(folder)
    counts = Counter((record.degradation, record.split) for record in records)
    tasks = sorted({task for task, _ in counts})
    width = max(map(len, [*tasks, "images"])) + 2
    header = "images".ljust(width) + "".join(split.rjust(10) for split in SPLITS)
    rows = (task.ljust(width) + "".join(f"{counts[task, split]:10}" for split in SPLITS) for task in tasks)
    lines = [header, *rows, "", f"{prepared.images} images of {prepared.scenes} scenes in {folder}"]
    kinds = Counter((finding.kind, finding.dropped) for finding in findings)
    for (kind, dropped), count in sorted(kinds.items()):
        lines.append(f"  {kind}: {count} files, {'left out' if dropped else 'used'}")
    lines += _lacking(counts, tasks)
    telling = [one for one in findings if one.dropped or one.kind == "misaligned"]
    lines += [f"    {one.path}: {one.reason}" for one in telling[:_SHOWN]]
    if any(one.kind == "misaligned" and one.reason.endswith(AS_IT_IS) for one in findings):
        lines.append("    checks.misaligned=repair crops such pairs to what both show, =drop leaves them out")
    if findings:
        lines.append(f"all of them: {folder / FINDINGS_NAME}")
    if (folder / PAGE_FILE).is_file():
        lines.append(f"report   {folder / PAGE_FILE}")
    if any(counts[task, TRAIN] for task in tasks if task != CLEAN):
        named = f"'data.prepared=[\"{folder}\"]'"
        lines.append(f"train    tools/train.py CONFIG --cfg-options data._delete_=True {named}")
    if any(counts[task, TEST] for task in tasks if task != CLEAN):
        lines.append(f"judge    tools/evaluate.py --run WORK_DIR --data {folder} -o OUT")
    return "\n".join(lines)


def _lacking(counts: Mapping[tuple[str, str], int], tasks: Sequence[str]) -> Iterator[str]:
    """Yield which splits have no images of a degradation, those with the same gaps on one line."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for task in tasks:
        gaps = tuple(split for split in SPLITS if not counts[task, split])
        if task != CLEAN and gaps:
            groups.setdefault(gaps, []).append(task)
    for gaps, names in groups.items():
        use = "a run that has such a task needs some"
        if gaps == tuple(split for split in SPLITS if split != TEST):
            use = "a set to judge runs on, not to train on"
        yield f"  no images of {', '.join(names)} in {', '.join(gaps)}: {use}"
