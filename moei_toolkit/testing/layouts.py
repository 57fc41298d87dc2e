"""The contract of a data set layout."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moei_toolkit.data.layouts.base import SPLITS, Layout, Scene
from moei_toolkit.data.records import SOURCES
from moei_toolkit.io.json_file import is_number
from moei_toolkit.io.text import is_text
from moei_toolkit.testing.contract import promise, require
from moei_toolkit.types import CLEAN


def check_layout(make: Callable[[], Layout], seed: int = 0, loaded: int = 1) -> None:
    """Check every promise of `Layout` and of its scenes.

    Args:
        make: Builds a layout whose data are there.
        seed: Of the scenes.
        loaded: How many scenes of each split and source to load.

    Raises:
        ContractError: Names the first promise found broken.
    """
    layout = make()
    with promise(layout, "it yields scenes, always the same in the same order"):
        scenes, again = list(layout.scenes(seed)), list(make().scenes(seed))
        require(bool(scenes), "there are none")
        require([scene.id for scene in scenes] == [scene.id for scene in again], "the ids differ")
        require([*map(_described, scenes)] == [*map(_described, again)], "what is said of them differs")
    _check_names(layout, scenes)
    _check_splits(layout, scenes)
    _check_degraded(layout, scenes)
    _check_leftovers(layout, make, scenes)
    seen: Counter[tuple[str | None, str]] = Counter()
    for scene in scenes:
        seen[scene.split, scene.source] += 1
        if seen[scene.split, scene.source] <= loaded:
            _check_scene(layout, scene)


def _described(scene: Scene) -> tuple[object, ...]:
    return (scene.split, scene.dataset, scene.capture_id, scene.source, scene.path, scene.degraded)


def _files(scene: Scene) -> list[Path]:
    return [path for path in (scene.path, *(file.path for file in scene.degraded)) if path is not None]


def _check_names(layout: Layout, scenes: list[Scene]) -> None:
    with promise(layout, "no two scenes or degraded images share an id"):
        ids = [name for scene in scenes for name in (scene.id, *(file.id for file in scene.degraded))]
        repeated = [name for name, count in Counter(ids).items() if count > 1]
        require(not repeated, f"repeated: {repeated[:3]}")
    with promise(layout, "a record can hold every name"):
        names = {*ids, *(name for scene in scenes for name in (scene.dataset, scene.capture_id))}
        strange = sorted(name for name in names if not is_text(name))
        require(not strange, f"no text: {strange[:3]}")


def _check_splits(layout: Layout, scenes: list[Scene]) -> None:
    known = f"one of the splits {SPLITS}, or None, and comes from one of {SOURCES}"
    with promise(layout, f"every scene is in {known}"):
        splits = {*SPLITS, None}
        strange = [scene.id for scene in scenes if scene.split not in splits or scene.source not in SOURCES]
        require(not strange, f"strange: {strange[:3]}")
    with promise(layout, "scenes of one capture are all in one split"):
        found: dict[str, set[str]] = {}
        for scene in scenes:
            found.setdefault(scene.capture_id, set()).add(str(scene.split))
        torn = {capture: sorted(names) for capture, names in found.items() if len(names) > 1}
        require(not torn, f"torn: {torn}")


def _check_degraded(layout: Layout, scenes: list[Scene]) -> None:
    with promise(layout, "every file of a scene exists, and a degraded one has a clean one"):
        missing = [str(path) for scene in scenes for path in _files(scene) if not path.is_file()]
        require(not missing, f"missing: {missing[:3]}")
        alone = [scene.id for scene in scenes if scene.degraded and scene.path is None]
        require(not alone, f"without a clean file: {alone[:3]}")
    with promise(layout, "a degraded image has a degradation, and a level in [0, 1] or None"):
        for file in (file for scene in scenes for file in scene.degraded):
            named = is_text(file.degradation) and file.degradation != CLEAN
            graded = file.level is None or (is_number(file.level) and 0 <= file.level <= 1)
            require(named and graded, f"{file.id!r} has {file.degradation!r} at level {file.level!r}")


def _check_leftovers(layout: Layout, make: Callable[[], Layout], scenes: list[Scene]) -> None:
    with promise(layout, "leftovers are always the same, each with a reason, and in no scene"):
        leftovers = list(layout.leftovers())
        require(leftovers == list(make().leftovers()), "they differ")
        silent = [str(leftover.path) for leftover in leftovers if not leftover.reason.strip()]
        require(not silent, f"without a reason: {silent[:3]}")
        used = {path for scene in scenes for path in _files(scene)}
        both = [str(leftover.path) for leftover in leftovers if leftover.path in used]
        require(not both, f"in a scene: {both[:3]}")


def _check_scene(layout: Layout, scene: Scene) -> None:
    with promise(layout, f"scene {scene.id!r} loads as uint8 pixels (H, W, 3) and float32 depth in [0, 1]"):
        pixels, depth = scene.load()
        colour = pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2:] == (3,)
        require(colour and pixels.size > 0, f"pixels are {pixels.shape} {pixels.dtype}")
        fits = depth.dtype == np.float32 and depth.shape == pixels.shape[:2]
        require(fits, f"depth is {depth.shape} {depth.dtype}, pixels are {pixels.shape}")
        low, high = float(depth.min()), float(depth.max())
        require(0 <= low <= high <= 1, f"depth from {low} to {high}")
    with promise(layout, f"scene {scene.id!r} survives pickling and loads the same again"):
        same = pickle.loads(pickle.dumps(scene)).load()
        equal = np.array_equal(same[0], pixels) and np.array_equal(same[1], depth)
        require(equal, "pixels or depth differ")
