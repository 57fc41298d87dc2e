"""The kinds of generated scenes, among them fair-weather scenes that look like weather."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.data.scenes import things
from moei_toolkit.data.scenes.canvas import Canvas
from moei_toolkit.data.scenes.ground import paint_ground, paint_mountains, water_surface
from moei_toolkit.data.scenes.leaves import draw_light, lay_background, scatter
from moei_toolkit.data.scenes.palette import draw_palette
from moei_toolkit.data.scenes.sky import SKIES, paint_sky
from moei_toolkit.data.scenes.texture import SIDE, TextureBank, is_gray
from moei_toolkit.data.scenes.things import Setting, Thing

Painter = Callable[[Setting, np.random.Generator], None]
NATURE: tuple[Thing, ...] = (
    things.leafy_tree,
    things.conifer,
    things.bare_tree,
    things.bush,
    things.bush,
    things.rock,
)
TOWN: tuple[Thing, ...] = (things.house, things.house, things.pole, things.leafy_tree)


def make_setting(size: tuple[int, int], photos: Sequence[np.ndarray], rng: np.random.Generator) -> Setting:
    """Return the empty setting of a scene: colours, surfaces, light and horizon."""
    palette = draw_palette([photo for photo in photos if not is_gray(photo)], rng)
    canvas = Canvas(*size)
    horizon = round(size[0] * float(np.clip(rng.normal(0.42, 0.14), 0.08, 0.8)))
    return Setting(canvas, TextureBank(palette, photos, rng), palette, draw_light(rng), horizon)


def leaves(setting: Setting, rng: np.random.Generator) -> None:
    """Paint overlapping things without sky or ground."""
    height = setting.canvas.height
    lay_background(setting.canvas, setting.bank, 0.0, rng)
    sizes = (height * rng.uniform(0.012, 0.035), height * rng.uniform(0.15, 0.45))
    scatter(setting.canvas, setting.bank, setting.light, int(rng.integers(150, 450)), sizes, rng)
    _give_depth(setting, rng)


def close_up(setting: Setting, rng: np.random.Generator) -> None:
    """Paint a few large things before a blurred background."""
    height = setting.canvas.height
    lay_background(setting.canvas, setting.bank, height * rng.uniform(0.005, 0.03), rng)
    sizes = (height * rng.uniform(0.06, 0.12), height * rng.uniform(0.25, 0.5))
    scatter(setting.canvas, setting.bank, setting.light, int(rng.integers(8, 45)), sizes, rng)
    _give_depth(setting, rng)


def _give_depth(setting: Setting, rng: np.random.Generator) -> None:
    """Replace the depth of things painted in no particular place by one as for a photograph.

    Else they would teach that haze may be as thick in the foreground as anywhere.
    """
    setting.canvas.depth[:] = estimate_depth(np.clip(setting.canvas.colour, 0.0, 1.0), rng)


def _land(
    setting: Setting, sky: str, ground: np.ndarray, rng: np.random.Generator, stretch: float = 1.0
) -> None:
    paint_sky(setting.canvas, SKIES[sky], setting.horizon, rng)
    air = setting.canvas.colour[max(setting.horizon - 1, 0)].mean(axis=0)
    paint_mountains(setting.canvas, setting.bank, setting.horizon, air, rng)
    paint_ground(setting.canvas, ground, setting.horizon, rng, stretch)


def country(setting: Setting, rng: np.random.Generator) -> None:
    """Paint land with trees and rocks under a bright sky."""
    _land(
        setting,
        str(rng.choice(["clear", "pale", "milky", "white", "overcast", "sunset"])),
        setting.bank.cut(SIDE, SIDE, rng),
        rng,
    )
    things.scatter_things(setting, NATURE, int(rng.integers(6, 30)), rng.uniform(0.25, 0.7), rng)


def town(setting: Setting, rng: np.random.Generator) -> None:
    """Paint houses and poles."""
    sky = str(rng.choice(["clear", "pale", "milky", "white", "overcast", "sunset"]))
    _land(setting, sky, setting.bank.cut(SIDE, SIDE, rng), rng)
    things.scatter_things(setting, TOWN, int(rng.integers(10, 40)), rng.uniform(0.4, 0.9), rng)


def forest(setting: Setting, rng: np.random.Generator) -> None:
    """Paint a stand of trees."""
    sky = str(rng.choice(["clear", "milky", "overcast", "white"]))
    _land(setting, sky, setting.bank.cut(SIDE, SIDE, rng), rng)
    trees: tuple[Thing, ...] = (things.bare_tree, things.leafy_tree, things.conifer, things.bush)
    things.scatter_things(setting, trees, int(rng.integers(14, 34)), rng.uniform(0.6, 1.3), rng)


def meadow(setting: Setting, rng: np.random.Generator) -> None:
    """Paint grass with flowers: fine upright lines and bright dots."""
    country(setting, rng)
    things.blades(setting, int(rng.integers(500, 1800)), rng.uniform(0.08, 0.2), rng.normal(0, 0.15), rng)
    things.flowers(setting, int(rng.integers(150, 900)), rng)


def reeds(setting: Setting, rng: np.random.Generator) -> None:
    """Paint long parallel stalks, which look like rain."""
    _land(setting, str(rng.choice(["clear", "overcast", "dusk"])), setting.bank.cut(SIDE, SIDE, rng), rng)
    things.blades(setting, int(rng.integers(200, 900)), rng.uniform(0.3, 0.7), rng.normal(0, 0.25), rng)


def water(setting: Setting, rng: np.random.Generator) -> None:
    """Paint a lake or the sea: horizontal streaks and a far shore."""
    sky = str(rng.choice(["clear", "pale", "milky", "overcast", "sunset", "dusk"]))
    air = np.array(SKIES[sky].bottom, np.float32)
    deep = air * np.float32(rng.uniform(0.3, 0.8)) * np.array([0.8, 0.95, 1.0], np.float32)
    _land(setting, sky, water_surface((deep, air), rng), rng, rng.uniform(2.0, 5.0))
    things.scatter_things(setting, (things.rock, things.pole), int(rng.integers(0, 8)), 0.3, rng)


def snow_field(setting: Setting, rng: np.random.Generator) -> None:
    """Paint white ground of low contrast under a pale sky, without any snowfall."""
    white = np.array([0.93, 0.94, 0.96], np.float32) * np.float32(rng.uniform(0.8, 1.0))
    surface = white + np.float32(rng.uniform(0.05, 0.25)) * (setting.bank.cut(SIDE, SIDE, rng) - white)
    _land(setting, str(rng.choice(["white", "overcast", "clear"])), surface, rng)
    things.scatter_things(
        setting, (things.bare_tree, things.rock, things.house), int(rng.integers(3, 18)), 0.5, rng
    )


def pale(setting: Setting, rng: np.random.Generator) -> None:
    """Paint a scene of naturally low contrast, as on a dull, soft day."""
    _land(setting, str(rng.choice(["overcast", "white"])), setting.bank.cut(SIDE, SIDE, rng), rng)
    things.scatter_things(setting, NATURE, int(rng.integers(4, 20)), 0.6, rng)
    level = np.float32(rng.uniform(0.45, 0.75))
    setting.canvas.colour[:] = level + np.float32(rng.uniform(0.3, 0.6)) * (setting.canvas.colour - level)


def night(setting: Setting, rng: np.random.Generator) -> None:
    """Paint a dark scene with lights."""
    _land(setting, str(rng.choice(["night", "stars", "dusk"])), setting.bank.cut(SIDE, SIDE, rng), rng)
    setting.canvas.colour[setting.horizon :] *= np.float32(0.3)
    things.scatter_things(setting, TOWN + NATURE, int(rng.integers(6, 30)), rng.uniform(0.4, 0.9), rng)
    setting.canvas.colour *= np.float32(rng.uniform(0.35, 0.7))
    things.flowers(setting, int(rng.integers(0, 120)), rng)


def star_sky(setting: Setting, rng: np.random.Generator) -> None:
    """Paint a sky full of stars, which look like snow."""
    wide = replace(setting, horizon=round(setting.canvas.height * rng.uniform(0.75, 1.0)))
    _land(wide, "stars", setting.bank.cut(SIDE, SIDE, rng) * np.float32(0.15), rng)


SCENE_KINDS: dict[str, tuple[Painter, float]] = {
    "leaves": (leaves, 0.08),
    "close_up": (close_up, 0.10),
    "country": (country, 0.20),
    "town": (town, 0.25),
    "forest": (forest, 0.08),
    "meadow": (meadow, 0.06),
    "reeds": (reeds, 0.04),
    "water": (water, 0.06),
    "snow_field": (snow_field, 0.04),
    "pale": (pale, 0.04),
    "night": (night, 0.04),
    "star_sky": (star_sky, 0.02),
}
