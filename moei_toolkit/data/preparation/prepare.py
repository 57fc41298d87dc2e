"""From the files of a layout to a prepared set; every step continues where an earlier call was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moei_toolkit.data.layouts.base import Layout, Scene
from moei_toolkit.data.preparation.checking.inspection import Checks, InspectionJob, inspect_scene
from moei_toolkit.data.preparation.drawing import DrawingJob, draw_scene
from moei_toolkit.data.preparation.keeping.beginning import begin, end
from moei_toolkit.data.preparation.keeping.keeper import SOURCE, open_keeper
from moei_toolkit.data.preparation.keeping.ledger import Entry, Ledger
from moei_toolkit.data.preparation.keeping.ownership import require_own
from moei_toolkit.data.preparation.keeping.room import require_room
from moei_toolkit.data.preparation.keeping.set_lock import writing_to
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.data.preparation.prepared_set import (
    SPLITS_NAME,
    PreparedSet,
    hash_tables,
    write_findings,
    write_prepared,
)
from moei_toolkit.data.preparation.results import ASIDE, Finding, Seen
from moei_toolkit.data.preparation.signatures import sign_drawing, sign_files
from moei_toolkit.data.preparation.splitting.clashes import refuse_clashes
from moei_toolkit.data.preparation.splitting.decisions import Decisions, decide
from moei_toolkit.data.preparation.steps import SceneJob, StepRunner
from moei_toolkit.data.records import RECORDS_NAME, Record, write_records
from moei_toolkit.data.storage.pixel_store import SOURCES_NAME
from moei_toolkit.data.weather.base import Degradation
from moei_toolkit.errors import DataError
from moei_toolkit.io.atomic import atomic_write_json, remove_leftovers
from moei_toolkit.io.disk import make_folder
from moei_toolkit.io.reporter import Reporter
from moei_toolkit.types import CLEAN

CHECK, DRAW = "check", "draw"


@dataclass(frozen=True)
class Order:
    """What is to be prepared, and how.

    Attributes:
        layout: Where the scenes are.
        layout_config: The same as plain data.
        root: Files are named relative to this folder.
        weather: Drawn over scenes without degraded images, by task.
        weather_config: The same as plain data.
        known: Returns the weather that images show, by the name that their layout gives it; None for a name
            that says nothing. It is asked how severe they are.
        draws: Degraded images per task and scene, by split; 0 where a split is not named.
        shares: Of the splits, where the data set has none of its own.
        checks: What is asked of files.
        distance: Clean images whose perceptual hashes differ in so many bits or fewer are duplicates.
        storage: "lmdb" or "files".
        seed: Of everything random.
        workers: Processes; all cores when None, none but this one when 0.
        verify: Compare the checksum of every image that is kept already, and do those anew that are damaged.
    """

    layout: Layout
    layout_config: Mapping[str, Any]
    root: Path
    weather: Mapping[str, Degradation]
    weather_config: Mapping[str, Any]
    known: Callable[[str], Degradation | None]
    draws: Mapping[str, int]
    shares: Mapping[str, float]
    checks: Checks
    distance: int
    storage: str
    seed: int
    workers: int | None = None
    verify: bool = False


def prepare(order: Order, folder: Path, log: Reporter) -> PreparedSet:
    """Check, split and keep every image of a layout, and write the tables of a prepared set.

    A second call touches only what is new or changed, and scenes keep their split.

    Args:
        order: What to prepare.
        folder: The prepared set; made when it is missing.
        log: Told how far it is.

    Returns:
        What prepared.json says.

    Raises:
        DataError: There is no scene, nothing is usable, another preparation writes to this folder, or it
            holds something else.
        StoreError: The disk is full or read-only.
    """
    scenes = list(order.layout.scenes(order.seed))
    if any(scene.path for scene in scenes) and folder.resolve().is_relative_to(order.root.resolve()):
        raise DataError(
            f"{folder}: expected a folder outside of {order.root}, for what is written there would be taken "
            "for images of the data set. Choose another --out."
        )
    if not scenes:
        raise DataError(f"{order.root}: expected scenes, found none. Is it the root of this layout?")
    require_own(folder, order.layout_config, order.root)
    make_folder(folder)
    with writing_to(folder), Ledger(folder) as ledger:
        remove_leftovers(folder)
        begin(folder, order.layout_config, order.storage)
        return _prepare(order, scenes, folder, ledger, log)


def _prepare(
    order: Order, scenes: Sequence[Scene], folder: Path, ledger: Ledger, log: Reporter
) -> PreparedSet:
    with open_keeper(order.storage, folder, order.root, order.verify) as keeper:
        runner = StepRunner(ledger, keeper, log, order.workers)
        checks = _checks(order, scenes, keeper.wants_pixels)
        if keeper.wants_pixels:
            new = [check.job.scene for check in checks if not ledger.knows(CHECK, check.scene)]
            require_room(list(_files(order, new)), folder, log)
        checked = runner.run(CHECK, inspect_scene, checks)
        with _naming_dropped(order, checked):
            decisions = decide(
                scenes, checked, order.shares, order.seed, order.distance, folder / SPLITS_NAME, order.root
            )
        refuse_clashes(scenes, decisions.scenes, order.weather, order.draws)
        drawn = runner.run(DRAW, draw_scene, _drawings(order, decisions, checked))
        entries = [*checked.values(), *drawn.values()]
        records = list(_records(decisions, checked, drawn))
        findings = [*_leftovers(order), *_findings(entries), *decisions.findings]
        if not records:
            first = next(iter(findings))
            raise DataError(
                f"{order.root}: none of {len(scenes)} scenes can be used; {first.path}: {first.reason}"
            )
        prepared = _write(order, folder, records, findings, decisions)
        # Until here the tables of an earlier call are whole, and lead to pixels that are there.
        ledger.keep_only({(entry.step, entry.scene) for entry in entries})
        keeper.keep_only({place for entry in entries for place in entry.places.values()})
    return prepared


def _checks(order: Order, scenes: Sequence[Scene], keep: bool) -> list[SceneJob[InspectionJob]]:
    """Return what is to be inspected: the scenes that lie on a disk."""
    jobs = []
    for scene in scenes:
        if not scene.path:
            continue
        told = {file.degradation: order.known(file.degradation) for file in scene.degraded}
        weather = {name: one for name, one in told.items() if one}
        signature = sign_files(scene, order.root, order.checks, weather, order.weather_config)
        job = InspectionJob(scene, order.checks, order.root, keep, weather)
        paths = {scene.id: scene.path, **{file.id: file.path for file in scene.degraded}}
        jobs.append(SceneJob(scene.id, signature, job, paths))
    return jobs


def _files(order: Order, scenes: Iterable[Scene]) -> Iterator[tuple[Path, float]]:
    """Yield every file of scenes, and how many images of its size are to be kept, on average."""
    total = sum(order.shares.values()) or 1.0
    draws = sum(share * order.draws.get(split, 0) for split, share in order.shares.items()) / total
    for scene in scenes:
        if scene.path:
            yield scene.path, 1.0 if scene.degraded else 1.0 + draws * len(order.weather)
        yield from ((file.path, 1.0) for file in scene.degraded)


def _drawings(order: Order, decisions: Decisions, checked: Mapping[str, Entry]) -> list[SceneJob[DrawingJob]]:
    """Return what weather is to be drawn over: usable scenes without degraded images."""
    jobs = []
    for scene in decisions.scenes:
        if scene.degraded:
            continue
        draws = order.draws.get(scene.split or "", 0)
        basis = checked[scene.id].result.images[0].hash if scene.path else order.layout_config
        signature = sign_drawing(basis, order.weather_config, draws, order.seed)
        job = DrawingJob(scene, order.weather, draws, order.seed, with_clean=not scene.path)
        jobs.append(SceneJob(scene.id, signature, job, {}))
    return jobs


def _records(
    decisions: Decisions, checked: Mapping[str, Entry], drawn: Mapping[str, Entry]
) -> Iterator[Record]:
    for scene in decisions.scenes:
        entries = [found[scene.id] for found in (checked, drawn) if scene.id in found]
        places = {key: place for entry in entries for key, place in entry.places.items()}
        hashes = {image.id: image.hash for entry in entries for image in entry.result.images}
        for image in (image for entry in entries for image in entry.result.images):
            yield Record(
                id=image.id,
                dataset=scene.dataset,
                scene_id=scene.id,
                split=scene.split or "",
                path_raw=places[image.id],
                path_gt=places[image.clean_key],
                width=image.width,
                height=image.height,
                degradation=image.degradation,
                severity=image.severity,
                capture_id=scene.capture_id,
                hash=image.hash,
                source=scene.source,
                severity_estimate=image.severity_estimate,
                shift=image.shift,
                perceptual_hash=_perceptual_hash(image, checked.get(scene.id)),
                clean_hash=hashes.get(image.clean_key, ""),
            )


def _perceptual_hash(image: Seen, entry: Entry | None) -> str:
    known = entry.result.perceptual_hash if entry and image.degradation == CLEAN else None
    return known or ""


def _leftovers(order: Order) -> Iterator[Finding]:
    for leftover in order.layout.leftovers():
        kind = ASIDE if leftover.meant else "leftover"
        yield Finding(name_below(order.root, leftover.path), kind, leftover.reason, True)


@contextmanager
def _naming_dropped(order: Order, checked: Mapping[str, Entry]) -> Iterator[None]:
    """Add to what is wrong with the scenes that are left what became of the others."""
    try:
        yield
    except DataError as error:
        found = [*_leftovers(order), *_findings(checked.values())]
        if dropped := {finding.path: finding.reason for finding in found if finding.dropped}:
            path, reason = next(iter(dropped.items()))
            error.args = (f"{error} {len(dropped)} files were left out before, the first {path}: {reason}.",)
        raise


def _findings(entries: Iterable[Entry]) -> Iterator[Finding]:
    for entry in entries:
        yield from entry.result.findings


def _write(
    order: Order, folder: Path, records: list[Record], findings: list[Finding], decisions: Decisions
) -> PreparedSet:
    write_records(folder / RECORDS_NAME, records)
    write_findings(folder, findings)
    if order.storage == "files":
        atomic_write_json(folder / SOURCES_NAME, {SOURCE: str(order.root.resolve())})
    decisions.write_manifest(folder / SPLITS_NAME, records, order.shares, order.seed)
    prepared = PreparedSet(
        layout=dict(order.layout_config),
        storage=order.storage,
        settings={
            "weather": dict(order.weather_config),
            "draws": dict(order.draws),
            "shares": dict(order.shares),
            "checks": asdict(order.checks),
            "distance": order.distance,
            "seed": order.seed,
        },
        images=len(records),
        scenes=len({record.scene_id for record in records}),
        dropped=len({finding.path for finding in findings if finding.dropped and finding.kind != ASIDE}),
        hashes=hash_tables(folder),
    )
    write_prepared(folder, prepared)
    end(folder)
    return prepared
