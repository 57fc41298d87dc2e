"""Miniatures of the published data sets, as they lie on a disk."""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from moei_toolkit.data.layouts.base import Layout, Scene
from moei_toolkit.registry import LAYOUTS

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".webp": "WEBP", ".bmp": "BMP"}

PUBLISHED = {
    "dehaze8k": [
        "{clear,cloud_L1,cloud_L2,cloud_L3,cloud_L4}/16s14e09_c50y15_{0,1}.png",
        "{Clear,cloud_l1,cloud-L4}/17s02e11_c10y20_0.png",
        "README.md",
    ],
    "uhd_rain": [
        "training_set/{input,gt}/{1,2}.jpg",
        "training_set/normal/{1,2}.png",
        "testing_set/{input,gt}/1.JPG",
        "testing_set/cond/normal/1.png",
    ],
    "uhd_snow": ["Train/{Input/a.PNG,Target/A.jpg}", "TEST/{input,gt}/b.jpeg", "train.txt"],
    "uhd_haze": [
        "train/{input,gt}/25_2500001{11,12}.jpg",
        "train/{input,gt}/37_37000032.jpg",
        "test/{input,gt}/25_250000400.jpg",
    ],
    "rain13k_4k": ["train/{input,target}/{1,2}.png", "test/{rainy,GT}/1.jpg"],
    "allweather": [
        "{input,gt}/im_0001_s80_a0{4,5}.png",
        "{input,gt}/12_rain.png",
        "{input,gt}/beautiful_smile_00003.jpg",
        "allweather.txt",
    ],
    "snow100k": [
        "test/Snow100K-{S,M,L}/{synthetic,gt,mask}/beautiful_smile_00003.jpg",
        "train/all/{synthetic,gt,mask}/walk_00007.jpg",
        "realistic/snow_00018.jpg",
    ],
    "cdd11": [
        "CDD-11_{train,test}/{clear,low,haze,rain,snow}/000001.png",
        "CDD-11_{train,test}/{low_haze,low_rain,low_snow,haze_rain,haze_snow}/000001.png",
        "CDD-11_{train,test}/low_haze_{rain,snow}/000001.png",
    ],
    "pairs": ["{input,gt}/{1,deep/1}.png"],
    "clean_photos": ["IMG_1.JPG", "alps/{IMG_1.jpg,IMG_2.webp}", "alps/README.txt"],
}
"""Files by name of the layout; braces hold alternatives."""

OPTIONS = {"pairs": {"degradation": "rain"}}
"""What a layout needs to be told beside its root."""


def plant(root: Path, *patterns: str) -> Path:
    """Write a tiny picture, or nothing but a name, for every file of the patterns; return the root."""
    for pattern in patterns:
        for name in spread(pattern):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(path.suffix.lower()))
    return root


def plant_published(name: str, root: Path) -> Layout:
    """Write the miniature of a data set and return its layout."""
    return build(name, plant(root, *PUBLISHED[name]))


def build(name: str, root: Path, **options: object) -> Layout:
    built: Layout = LAYOUTS.build({"type": name, "root": str(root), **OPTIONS.get(name, {}), **options})
    return built


def scenes_of(layout: Layout, seed: int = 0) -> dict[str, Scene]:
    """Scenes by id, in order."""
    return {scene.id: scene for scene in layout.scenes(seed)}


def reasons_of(layout: Layout) -> dict[str, str]:
    """Why files are left over, by their path below the root."""
    return {
        leftover.path.relative_to(layout.root).as_posix(): leftover.reason for leftover in layout.leftovers()
    }


def spread(pattern: str) -> list[str]:
    """Write out alternatives in braces, as a shell does."""
    found = re.search(r"\{([^{}]*)\}", pattern)
    if found is None:
        return [pattern]
    before, after = pattern[: found.start()], pattern[found.end() :]
    return [name for choice in found[1].split(",") for name in spread(before + choice + after)]


@lru_cache
def picture(suffix: str) -> bytes:
    if suffix not in KINDS:
        return b""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, KINDS[suffix])
    return buffer.getvalue()
