"""The contract checks find what is wrong with a degradation or a layout and say it with numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moei_toolkit.data.layouts.base import DegradedFile, Layout, Leftover, Scene
from moei_toolkit.data.weather.haze import Haze
from moei_toolkit.testing import ContractError, check_degradation, check_layout


class Unseeded(Haze):
    def render(self, view, rng):
        return super().render(view, np.random.default_rng())


class Fixed(Haze):
    def render(self, view, rng):
        return super().render(view, np.random.default_rng(0))


class Overwriting(Haze):
    def render(self, view, rng):
        view.clean[...] = super().render(view, rng)
        return view.clean


class Backwards(Haze):
    def render(self, view, rng):
        return super().render(replace(view, severity=1 - view.severity), rng)


class Transposed(Haze):
    def render(self, view, rng):
        return super().render(view, rng).transpose(1, 0, 2)


class Dividing(Haze):
    def render(self, view, rng):
        return super().render(view, rng) * (np.float32(view.height - 1) / (view.height - 1))


class Dicing(Haze):
    def render(self, view, rng):
        if view.severity > 0.5:
            rng.uniform()
        return super().render(view, rng)


class Unpicklable(Haze):
    def __init__(self) -> None:
        super().__init__()
        self.fade = lambda image: image


class Forgetful(Haze):
    def __reduce__(self):
        return Haze, (), {"beta": (0.0, 0.1)}


class Exaggerating(Haze):
    def estimate(self, pixels):
        return 1.5


class Misjudging(Haze):
    def estimate(self, pixels):
        return 1 - super().estimate(pixels)


class Fading(Haze):
    def estimate(self, pixels):
        pixels[...] = 0
        return 0.5


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Unpicklable, "survives pickling, .*: (AttributeError|PicklingError)"),
        (Forgetful, "survives pickling, .*: it draws other weather afterwards"),
        (Unseeded, "same bytes: two pictures differ"),
        (Dicing, "same random numbers whatever the severity: the generator is left in another state"),
        (Fixed, "other weather: two pictures are equal"),
        (Overwriting, "left as they are: changed: picture True, depth False"),
        (Backwards, "does more harm: mean errors"),
        (Transposed, r"3x50 becomes .*got \(50, 3, 3\)"),
        (Dividing, "1x1 becomes .*: values from nan to nan"),
        (Exaggerating, r"look in \[0, 1\] severe, or None: it is 1\.5"),
        (Misjudging, r"no less severe, .*: 0\.\d+ for 0\.15, 0\.\d+ for 1"),
        (Fading, "float32 pixels look in .*: the picture was changed"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_broken_degradation(kind, said):
    with pytest.raises(ContractError, match=said) as caught:
        check_degradation(kind)
    assert kind.__name__ in str(caught.value)


def load() -> tuple[np.ndarray, np.ndarray]:
    return np.full((4, 5, 3), 9, np.uint8), np.full((4, 5), 0.5, np.float32)


def load_float() -> tuple[np.ndarray, np.ndarray]:
    return load()[0] / 255, load()[1]


def load_without_depth() -> tuple[np.ndarray, np.ndarray]:
    return load()[0], np.zeros((4, 4), np.float32)


def load_metres() -> tuple[np.ndarray, np.ndarray]:
    return load()[0], load()[1] * 30


SCENE = Scene("one", "train", "toy", "capture", "photograph", load)
HERE = Path(__file__)
FILE = DegradedFile("one-rain", "rain", HERE.parent / "test_broken_judges.py", 0.5)


def degraded(**changes) -> Scene:
    return replace(SCENE, path=HERE, degraded=(replace(FILE, **changes),))


class Listed(Layout):
    def __init__(self, *scenes: Scene, leftovers: tuple[Leftover, ...] = ()) -> None:
        self._scenes = scenes
        self._leftovers = leftovers

    def scenes(self, seed):
        yield from self._scenes

    def leftovers(self):
        yield from self._leftovers


class Shuffled(Layout):
    def scenes(self, seed):
        names = np.random.default_rng().permutation(50)
        yield from (replace(SCENE, id=f"scene{name}", capture_id=f"{name}") for name in names)


@pytest.mark.parametrize(
    ("scenes", "said"),
    [
        ([], "there are none"),
        ([SCENE, SCENE], r"share an id: repeated: \['one'\]"),
        ([degraded(id="one")], r"share an id: repeated: \['one'\]"),
        ([replace(SCENE, id="a\nb")], r"hold every name: no text: \['a\\nb'\]"),
        ([replace(SCENE, capture_id=" ")], r"hold every name: no text: \[' '\]"),
        ([degraded(id="a\udcff")], r"hold every name: no text: \['a\\udcff'\]"),
        ([replace(SCENE, split="training")], r"one of the splits .*strange: \['one'\]"),
        ([replace(SCENE, source="painting")], r"comes from one of .*strange: \['one'\]"),
        ([SCENE, replace(SCENE, id="two", split=None)], "torn: {'capture': .'None', 'train'.}"),
        ([replace(SCENE, path=HERE.parent)], r"every file of a scene exists.*missing: \['.*contracts'\]"),
        ([degraded(path=HERE / "nothing")], r"every file of a scene exists.*missing: \['.*nothing'\]"),
        ([replace(degraded(), path=None)], r"has a clean one: without a clean file: \['one'\]"),
        ([degraded(degradation="clean")], "'one-rain' has 'clean' at level 0.5"),
        ([degraded(degradation="")], "'one-rain' has '' at level 0.5"),
        ([degraded(level=1.5)], r"in \[0, 1\] or None: 'one-rain' has 'rain' at level 1.5"),
        ([degraded(level=float("nan"))], "'one-rain' has 'rain' at level nan"),
        ([SCENE, replace(SCENE, id="two", split="test")], "torn: {'capture': .'test', 'train'.}"),
        ([replace(SCENE, load=load_float)], r"pixels are \(4, 5, 3\) float64"),
        ([replace(SCENE, load=load_without_depth)], r"depth is \(4, 4\) float32"),
        ([replace(SCENE, load=load_metres)], "depth from 15.0 to 15.0"),
        ([replace(SCENE, load=lambda: load())], "survives pickling"),
    ],
)
def test_a_broken_layout(scenes, said):
    with pytest.raises(ContractError, match=said):
        check_layout(lambda: Listed(*scenes))


def test_a_layout_without_an_order():
    with pytest.raises(ContractError, match="same order: the ids differ"):
        check_layout(Shuffled)


def test_a_layout_that_says_something_else_each_time():
    numbers = iter(range(9))
    with pytest.raises(ContractError, match="same order: what is said of them differs"):
        check_layout(lambda: Listed(replace(SCENE, capture_id=f"{next(numbers)}")))


@pytest.mark.parametrize(
    ("leftover", "said"),
    [
        (Leftover(HERE, "no partner"), r"in no scene: in a scene: \['.*test_broken_data.py'\]"),
        (Leftover(FILE.path, "no partner"), r"in no scene: in a scene: \['.*test_broken_judges.py'\]"),
        (Leftover(HERE.parent, " "), r"without a reason: \['.*contracts'\]"),
    ],
)
def test_broken_leftovers(leftover, said):
    with pytest.raises(ContractError, match=said):
        check_layout(lambda: Listed(degraded(), leftovers=(leftover,)))


def test_leftovers_without_an_order():
    numbers = iter(range(9))
    with pytest.raises(ContractError, match=r"leftovers are always the same.*they differ"):
        check_layout(lambda: Listed(SCENE, leftovers=(Leftover(HERE, f"{next(numbers)}"),)))


def test_a_sound_layout():
    check_layout(lambda: Listed(SCENE, replace(SCENE, id="two")))
    undecided = replace(degraded(level=None), id="three", capture_id="other", split=None)
    check_layout(lambda: Listed(undecided, leftovers=(Leftover(HERE.parent, "no partner"),)))
