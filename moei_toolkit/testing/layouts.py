"""The contract of a data set layout."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable

import numpy as np

from moei_toolkit.data.layouts import SPLITS, Layout, Scene
from moei_toolkit.testing.contract import promise, require

_SOURCES = ("photograph", "generated")


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
    _check_names(layout, scenes)
    seen: Counter[tuple[str, str]] = Counter()
    for scene in scenes:
        seen[scene.split, scene.source] += 1
        if seen[scene.split, scene.source] <= loaded:
            _check_scene(layout, scene)


def _check_names(layout: Layout, scenes: list[Scene]) -> None:
    with promise(layout, "no two scenes share an id"):
        counts = Counter(scene.id for scene in scenes)
        repeated = [name for name, count in counts.items() if count > 1]
        require(not repeated, f"repeated: {repeated[:3]}")
    with promise(layout, f"every scene is in one of the splits {SPLITS} and comes from one of {_SOURCES}"):
        strange = [scene.id for scene in scenes if scene.split not in SPLITS or scene.source not in _SOURCES]
        require(not strange, f"strange: {strange[:3]}")
    with promise(layout, "scenes of one capture are all in one split"):
        splits: dict[str, set[str]] = {}
        for scene in scenes:
            splits.setdefault(scene.capture_id, set()).add(scene.split)
        torn = {capture: sorted(names) for capture, names in splits.items() if len(names) > 1}
        require(not torn, f"torn: {torn}")


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
