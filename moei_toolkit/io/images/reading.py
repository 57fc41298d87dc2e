"""Read photographs from strangers: header first, bounded, upright, and never half of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL.ImageFile import ImageFile

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.decoding.header import (
    GRAY_MODES,
    MAX_PIXELS,
    TIFF_EXTRA,
    TIFF_PHOTOMETRIC,
    TIFF_PLANAR,
    bits_per_sample,
    opened_image,
    tiff_tag,
)
from moei_toolkit.io.images.decoding.streamable import can_stream
from moei_toolkit.io.images.decoding.strict import decode_strictly, reads_strictly
from moei_toolkit.io.images.exif import kept_exif, told_orientation
from moei_toolkit.io.images.loaded_image import LoadedImage

UNUSUAL = (
    "an unusual kind of 16-bit file (separate planes, inverted gray, premultiplied or single-colour "
    "transparency, a rare compression); convert it to a plain PNG"
)


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> LoadedImage:
    """Read a PNG, JPEG, TIFF, WebP or BMP photograph.

    EXIF orientation is applied. Palettes become RGB. Colours are not converted: the profile is kept for
    writing, and so is EXIF data unless it is damaged. Other metadata, such as XMP, is not read.

    Args:
        path: The file.
        max_pixels: Images with more pixels are refused before they are decoded.

    Returns:
        The photograph.

    Raises:
        ImageError: The file is missing, empty, damaged, truncated, too large, animated, or in a colour
            space or bit depth, or with channels, that is not supported. The message names the file.
    """
    path = Path(path)
    with opened_image(path) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise ImageError(f"{path}: {width}x{height} pixels, expected at most {max_pixels:,} in total")
        return _decode(path, image)


def _decode(path: Path, image: ImageFile) -> LoadedImage:
    kind, is_deep = str(image.format), bits_per_sample(path, image) == 16
    if is_deep:
        _check_plain(path, image)
    is_plain = can_stream(path, image)
    decoded = decode_strictly(path, kind, is_plain) if reads_strictly(image) else None
    orientation = 1 if is_plain else _load(image)
    if is_deep and (decoded is None or decoded.dtype != np.uint16):
        raise ImageError(f"{path}: {UNUSUAL}")
    if decoded is None or not (is_plain or is_deep):
        upright = _decoded_by_pillow(image, orientation)
    else:
        upright = turn_upright(decoded, orientation)
    channels = upright.shape[2]
    return LoadedImage(
        pixels=np.ascontiguousarray(upright[..., :3] if channels > 2 else upright[..., [0, 0, 0]]),
        alpha=np.ascontiguousarray(upright[..., -1]) if channels in (2, 4) else None,
        was_gray=image.mode in GRAY_MODES,
        icc=image.info.get("icc_profile") or None,
        exif=kept_exif(image),
        kind=kind,
        orientation=orientation,
    )


def _load(image: ImageFile) -> int:
    """Decode with Pillow and return the orientation: of a PNG it may come last, of a TIFF it is gone then."""
    if image.format != "TIFF":
        image.load()
    orientation = told_orientation(image)
    image.load()
    return orientation


def _decoded_by_pillow(image: ImageFile, orientation: int) -> np.ndarray:
    """Return (H, W, 3) or (H, W, 4) uint8, RGB or RGBA, upright."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    pixels = np.asarray(image if image.mode == mode else image.convert(mode))
    return pixels if image.format == "TIFF" else turn_upright(pixels, orientation)  # Pillow has turned a TIFF


def _check_plain(path: Path, image: ImageFile) -> None:
    """Refuse the 16-bit layouts that nobody reads for sure."""
    plain = "transparency" not in image.info
    if image.format == "TIFF":
        photometric, planar = tiff_tag(image, TIFF_PHOTOMETRIC, 2), tiff_tag(image, TIFF_PLANAR, 1)
        plain = photometric in (1, 2) and planar == 1 and 1 not in tiff_tag(image, TIFF_EXTRA, (2,))
    if not plain:
        raise ImageError(f"{path}: {UNUSUAL}")


def turn_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an EXIF orientation (1 to 8) of (H, W, C) pixels; other values change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
