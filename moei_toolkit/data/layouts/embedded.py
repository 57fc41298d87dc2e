"""The data set that needs no download: generated scenes, and photographs inside installed packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from zlib import crc32

import numpy as np

from moei_toolkit.data.depth import estimate_depth
from moei_toolkit.data.layouts.base import SPLITS, Layout, Scene
from moei_toolkit.data.photo_files import photo_path, read_depth, read_photo
from moei_toolkit.data.photos import PHOTOS, TEXTURES, Photo
from moei_toolkit.data.scenes.make import SMALLEST_SIDE, make_scene
from moei_toolkit.errors import ConfigError, did_you_mean

DATASET = "embedded"
TEXTURE_SIDE = 1024


class EmbeddedLayout(Layout):
    """Generated scenes for every split but test, and real photographs for theirs.

    The test split holds only photographs, at native size up to 1024 pixels. Surfaces and colours of
    generated scenes come from photographs of the train split, whatever the split of the scene.

    Args:
        scenes: Number of generated scenes per split.
        size: Side of a generated scene in pixels.
        longest_side: Photographs larger than this are reduced to it, in pixels.

    Raises:
        ConfigError: When a split is unknown, generated scenes are asked for in test, or a side is too small.
    """

    def __init__(self, scenes: Mapping[str, int], size: int = 384, longest_side: int = 1024) -> None:
        for split, count in scenes.items():
            if split not in SPLITS:
                raise ConfigError(f"scenes: unknown split {split!r}. {did_you_mean(split, SPLITS)}")
            if not isinstance(count, int) or count < 0 or (split == "test" and count > 0):
                raise ConfigError(f"scenes[{split!r}]: expected 0 or more, and 0 for test, got {count}.")
        sides = size, longest_side
        if not all(isinstance(side, int) for side in sides) or min(sides) < SMALLEST_SIDE:
            raise ConfigError(
                f"size and longest_side: expected whole numbers of {SMALLEST_SIDE} or more, got {size} and "
                f"{longest_side}."
            )
        self.counts = {split: scenes.get(split, 0) for split in SPLITS}
        self.size = size
        self.longest_side = longest_side

    def scenes(self, seed: int) -> Iterator[Scene]:
        """Yield photographs and generated scenes, split by split.

        Raises:
            DataError: When a photograph is missing.
        """
        for photo in (*PHOTOS, *TEXTURES):
            photo_path(photo)
        for split in SPLITS:
            yield from (self._photo(photo, seed) for photo in PHOTOS if photo.split == split)
            yield from (self._generated(split, index, seed) for index in range(self.counts[split]))

    def _photo(self, photo: Photo, seed: int) -> Scene:
        name, load = f"photo-{photo.name}", partial(load_photo, photo, self.longest_side, seed)
        return Scene(name, photo.split, DATASET, name, "photograph", load)

    def _generated(self, split: str, index: int, seed: int) -> Scene:
        name = f"generated-{split}-{index:04d}"
        return Scene(name, split, DATASET, name, "generated", partial(load_generated, name, self.size, seed))


def load_generated(name: str, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make the generated scene of a name; see :func:`make_scene`."""
    rng = np.random.default_rng([seed, crc32(name.encode())])
    return make_scene(size, size, rng, train_photos())


def load_photo(photo: Photo, longest_side: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Read a photograph and its depth, true where there is one, else estimated."""
    pixels = read_photo(photo, longest_side)
    if photo.disparity:
        return pixels, read_depth(photo, pixels.shape)
    rng = np.random.default_rng([seed, crc32(photo.name.encode())])
    return pixels, estimate_depth(pixels.astype(np.float32) / 255.0, rng)


@lru_cache(maxsize=1)
def train_photos() -> tuple[np.ndarray, ...]:
    """Return the photographs generated scenes take surfaces from, each (H, W, 3) uint8 RGB, read once."""
    chosen = [photo for photo in (*PHOTOS, *TEXTURES) if photo.split == "train"]
    photos = tuple(read_photo(photo, TEXTURE_SIDE) for photo in chosen)
    for pixels in photos:
        pixels.flags.writeable = False
    return photos
