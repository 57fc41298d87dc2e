"""Which scenes are used, what belongs together, and which split each is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from moei_toolkit.data.layouts.base import Scene
from moei_toolkit.data.preparation.checking.perceptual_hash import hash_from_text
from moei_toolkit.data.preparation.keeping.ledger import Entry
from moei_toolkit.data.preparation.names import name_below
from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.preparation.splitting.bursts import find_bursts
from moei_toolkit.data.preparation.splitting.capture_merging import merge_captures
from moei_toolkit.data.preparation.splitting.duplicates import find_duplicates
from moei_toolkit.data.preparation.splitting.split_manifest import (
    SplitManifest,
    hash_splits,
    read_split_manifest,
    write_split_manifest,
)
from moei_toolkit.data.preparation.splitting.splits import assign_splits, open_splits
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.types import CLEAN


@dataclass(frozen=True)
class Decisions:
    """What is to be used.

    Attributes:
        scenes: Those that are used, each with its split and what it was captured with.
        splits: By capture, before those that look alike became one, and of captures that are gone for now:
            whatever goes and comes back, nothing changes its split.
        images: The splits that clean images had before, by hash.
        findings: About scenes that look like others.
    """

    scenes: Sequence[Scene]
    splits: Mapping[str, str]
    images: Mapping[str, str]
    findings: Sequence[Finding]

    def write_manifest(
        self, path: Path, records: Sequence[Record], shares: Mapping[str, float], seed: int
    ) -> None:
        """Write the split manifest, with a hash of the images in every split.

        Raises:
            StoreError: The disk is full or read-only.
        """
        clean = {record.hash: record.split for record in records if record.degradation == CLEAN}
        fields = {
            "seed": seed,
            "shares": dict(shares),
            "captures": dict(self.splits),
            "images": {**self.images, **clean},
            "hashes": hash_splits(records),
        }
        write_split_manifest(path, SplitManifest.model_validate(fields))


def decide(
    scenes: Sequence[Scene],
    checked: Mapping[str, Entry],
    shares: Mapping[str, float],
    seed: int,
    distance: int,
    manifest: Path,
    root: Path,
) -> Decisions:
    """Decide which scenes are used, and split them.

    Scenes that look alike become one capture; one whose clean image was there before under another name stays
    in its split. What looks like an image of a held-out split that is
    published or was assigned before, and cannot be there too, is left out.

    Args:
        scenes: All that a layout has.
        checked: What inspection found, by scene; scenes that lie on no disk are not there.
        shares: Of the splits.
        seed: Decides the order in which captures are assigned.
        distance: Clean images whose perceptual hashes differ in so many bits or fewer look alike.
        manifest: Where the split manifest is, if the set was prepared before.
        root: Files are named relative to this folder.

    Raises:
        DataError: There are too few captures for the splits, one capture is published in two splits, or an
            earlier manifest does not fit.
    """
    usable = [scene for scene in scenes if scene.id not in checked or checked[scene.id].result.images]
    alike = _alike(usable, checked, distance)
    before = read_split_manifest(manifest) if manifest.is_file() else None
    kept: dict[str, str] = dict(before.captures) if before else {}
    images: dict[str, str] = dict(before.images) if before else {}
    kept |= _recognised(usable, checked, images)
    kept.update({scene.capture_id: scene.split for scene in usable if scene.split and not scene.path})
    links = [(one.capture_id, other.capture_id) for one, other in alike]
    merged = merge_captures(_published(usable), links, kept)
    splits = assign_splits(merged.captures, shares, seed, merged.kept)
    used = [
        replace(
            scene, split=splits[merged.names[scene.capture_id]], capture_id=merged.names[scene.capture_id]
        )
        for scene in usable
        if scene.capture_id not in merged.dropped
    ]
    findings = [*_leaks(usable, merged.dropped, root), *_duplicates(alike, merged.dropped, root)]
    every = {**kept, **{capture: splits[one] for capture, one in merged.names.items()}}
    return Decisions(used, every, images, findings)


def _recognised(
    scenes: Iterable[Scene], checked: Mapping[str, Entry], images: Mapping[str, str]
) -> dict[str, str]:
    """Return the split of captures whose clean image was in one before, and may be in it now."""
    found: dict[str, str] = {}
    for scene in scenes:
        split = images.get(checked[scene.id].result.images[0].hash) if scene.id in checked else None
        if split and split in open_splits(scene.split):
            found.setdefault(scene.capture_id, split)
    return found


def _published(scenes: Iterable[Scene]) -> dict[str, str | None]:
    """Return the published split of every capture."""
    published: dict[str, str | None] = {}
    for scene in scenes:
        known = published.setdefault(scene.capture_id, scene.split)
        if known != scene.split:
            raise DataError(
                f"capture {scene.capture_id!r}: expected one published split, got {known!r} and "
                f"{scene.split!r}. The layout must name captures so that none is in two splits."
            )
    return published


def _alike(scenes: Sequence[Scene], checked: Mapping[str, Entry], distance: int) -> list[tuple[Scene, Scene]]:
    """Return pairs of scenes of different captures whose clean images look alike, or are of one burst."""
    hashed = [
        (scene, text)
        for scene in scenes
        if scene.id in checked and (text := checked[scene.id].result.perceptual_hash)
    ]
    hashes = np.array([hash_from_text(text) for _, text in hashed], np.uint64)
    bursts = find_bursts((checked[scene.id].result.taken, text) for scene, text in hashed)
    found = {*map(tuple, find_duplicates(hashes, distance).tolist()), *bursts}
    pairs = ((hashed[one][0], hashed[other][0]) for one, other in sorted(found))
    return [(one, other) for one, other in pairs if one.capture_id != other.capture_id]


def _leaks(scenes: Iterable[Scene], dropped: Mapping[str, str], root: Path) -> Iterator[Finding]:
    for scene in scenes:
        if scene.capture_id in dropped:
            paths = [scene.path, *(file.path for file in scene.degraded)]
            for path in paths:
                yield Finding(name_below(root, path or Path()), "leak", dropped[scene.capture_id], True)


def _duplicates(
    alike: Iterable[tuple[Scene, Scene]], dropped: Mapping[str, str], root: Path
) -> Iterator[Finding]:
    for one, other in alike:
        if one.capture_id not in dropped and other.capture_id not in dropped:
            reason = f"it looks like {name_below(root, one.path or Path())}; both are in one split"
            yield Finding(name_below(root, other.path or Path()), "duplicate", reason, False)
