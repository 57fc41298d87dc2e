"""Real photographs that ship inside installed Python packages, each with the one split it belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """An installed package with pictures in it.

    Attributes:
        name: Name to install it by.
        module: Import name; the package is located, never imported.
        folder: Where its pictures are inside the package.
    """

    name: str
    module: str
    folder: str


@dataclass(frozen=True)
class Photo:
    """A photograph inside an installed package.

    Attributes:
        name: Short name, unique among the photographs.
        package: Where it is.
        file: File name.
        split: The one split the photograph belongs to.
        sha256: Of the file.
        disparity: File name of a true disparity map, or empty.
    """

    name: str
    package: Package
    file: str
    split: str
    sha256: str
    disparity: str = ""


SCIKIT_IMAGE = Package("scikit-image", "skimage", "data")
SCIKIT_LEARN = Package("scikit-learn", "sklearn", "datasets/images")
MATPLOTLIB = Package("matplotlib", "matplotlib", "mpl-data/sample_data")

PHOTOS = (
    Photo(
        "astronaut",
        SCIKIT_IMAGE,
        "astronaut.png",
        "test",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
    Photo(
        "chelsea",
        SCIKIT_IMAGE,
        "chelsea.png",
        "test",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    ),
    Photo(
        "china",
        SCIKIT_LEARN,
        "china.jpg",
        "test",
        "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29",
    ),
    Photo(
        "coffee",
        SCIKIT_IMAGE,
        "coffee.png",
        "test",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    ),
    Photo(
        "motorcycle",
        SCIKIT_IMAGE,
        "motorcycle_left.png",
        "test",
        "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
        "motorcycle_disp.npz",
    ),
    Photo(
        "rocket",
        SCIKIT_IMAGE,
        "rocket.jpg",
        "test",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
    ),
    Photo(
        "flower",
        SCIKIT_LEARN,
        "flower.jpg",
        "train",
        "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638",
    ),
    Photo(
        "hubble",
        SCIKIT_IMAGE,
        "hubble_deep_field.jpg",
        "train",
        "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    ),
    Photo(
        "retina",
        SCIKIT_IMAGE,
        "retina.jpg",
        "train",
        "38a07f36f27f095e818aea7b96d34202c05176d30253c66733f2e00379e9e0e6",
    ),
    Photo(
        "hopper",
        MATPLOTLIB,
        "grace_hopper.jpg",
        "route",
        "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
    ),
    Photo(
        "camera",
        SCIKIT_IMAGE,
        "camera.png",
        "calibrate",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
    ),
)
"""Every photograph; ``test`` holds nothing else."""

TEXTURES = (
    Photo(
        "grass",
        SCIKIT_IMAGE,
        "grass.png",
        "train",
        "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    ),
    Photo(
        "gravel",
        SCIKIT_IMAGE,
        "gravel.png",
        "train",
        "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    ),
    Photo(
        "brick",
        SCIKIT_IMAGE,
        "brick.png",
        "train",
        "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    ),
)
"""Gray close-ups of surfaces: too uniform to be scenes, but good material for generated ones."""
