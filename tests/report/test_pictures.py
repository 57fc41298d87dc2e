"""Pictures inside a page are small, upright in colour, and the same every time."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from moei_toolkit.errors import ConfigError, ImageError
from moei_toolkit.io.images.writing import write_image
from moei_toolkit.report.pictures import embed_picture


def decoded(picture) -> Image.Image:
    head, _, data = picture.source.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


@pytest.fixture
def smooth(tmp_path):
    """A wide picture: red grows to the right, green to the bottom."""
    y, x = np.mgrid[0:60, 0:180].astype(np.float32)
    write_image(tmp_path / "smooth.png", np.stack([x / 179, y / 59, np.full_like(x, 0.5)]))
    return tmp_path / "smooth.png"


def test_the_longer_side_is_bounded_and_the_shape_kept(smooth):
    picture = embed_picture(smooth, longest=90)
    assert (picture.width, picture.height) == decoded(picture).size == (90, 30)


def test_it_looks_the_same_and_is_never_enlarged(smooth):
    picture = embed_picture(smooth, longest=4000, quality=95)
    assert (picture.width, picture.height) == (180, 60)
    shown, real = (np.asarray(image, float) for image in (decoded(picture), Image.open(smooth)))
    assert np.abs(shown - real).mean() < 2


def test_sixteen_bits_become_eight(tmp_path):
    pixels = np.full((8, 8, 3), (65535, 32896, 0), np.uint16)
    write_image(tmp_path / "deep.png", pixels)
    assert np.abs(np.asarray(decoded(embed_picture(tmp_path / "deep.png")), int) - (255, 128, 0)).max() <= 2


def test_the_same_file_gives_the_same_bytes_and_quality_counts(tmp_path):
    write_image(tmp_path / "noise.png", np.random.default_rng(0).random((3, 64, 64), np.float32))
    first, again, coarse = (
        embed_picture(tmp_path / "noise.png", quality=quality) for quality in (85, 85, 40)
    )
    assert first == again
    assert len(coarse.source) < len(first.source)


def test_what_cannot_be_embedded(tmp_path, smooth):
    with pytest.raises(ImageError, match=r"missing\.jpg: no such file"):
        embed_picture(tmp_path / "missing.jpg")
    for arguments in ({"longest": 0}, {"quality": 0}, {"quality": 96}):
        with pytest.raises(ConfigError, match="expected longest >= 1 and quality"):
            embed_picture(smooth, **arguments)
