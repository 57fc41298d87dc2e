"""Read photographs from strangers: header first, bounded, upright, and never half of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL.ImageFile import ImageFile

from moei_toolkit.errors import ImageError
from moei_toolkit.io.exif import ORIENTATION, kept_exif
from moei_toolkit.io.image_header import GRAY_MODES, MAX_PIXELS, bits_per_sample, opened_image, tiff_tag
from moei_toolkit.io.pixels import LoadedImage

TIFF_PHOTOMETRIC, TIFF_PLANAR, TIFF_EXTRA = 262, 284, 338
UNUSUAL = (
    "an unusual kind of 16-bit file (separate planes, inverted gray, premultiplied or single-colour "
    "transparency); convert it to a plain PNG"
)


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> LoadedImage:
    """Read a PNG, JPEG, TIFF, WebP or BMP photograph.

    EXIF orientation is applied. Palettes become RGB. Colours are not converted: the profile is kept for
    writing, and so is EXIF data. Other metadata, such as XMP, is not read.

    Args:
        path: The file.
        max_pixels: Images with more pixels are refused before they are decoded.

    Returns:
        The photograph.

    Raises:
        ImageError: The file is missing, empty, damaged, truncated, too large, animated, or in a colour
            space or bit depth that is not supported. The message names the file.
    """
    path = Path(path)
    with opened_image(path) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise ImageError(f"{path}: {width}x{height} pixels, expected at most {max_pixels:,} in total")
        return _decode(path, image)


def _decode(path: Path, image: ImageFile) -> LoadedImage:
    icc, was_gray = image.info.get("icc_profile"), image.mode in GRAY_MODES
    is_deep = bits_per_sample(path, image) == 16
    if is_deep:
        _check_plain(path, image)
    image.load()
    orientation = image.getexif().get(ORIENTATION, 1)
    if is_deep and image.format == "TIFF":
        orientation = 1  # OpenCV turns it
    colours = turn_upright(_deep_colours(path) if is_deep else _colours(image), orientation)
    pixels = np.ascontiguousarray(colours[..., :3])
    opacity = np.ascontiguousarray(colours[..., 3]) if colours.shape[2] == 4 else None
    return LoadedImage(pixels, opacity, pixels.itemsize * 8, was_gray, icc or None, kept_exif(image))


def _colours(image: ImageFile) -> np.ndarray:
    """Return (H, W, 3) or (H, W, 4) uint8, RGB or RGBA, as they lie in the file."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _deep_colours(path: Path) -> np.ndarray:
    """Decode 16 bits with OpenCV, which keeps them, after Pillow has found the file to be whole.

    Returns:
        (H, W, 3) or (H, W, 4) uint16, RGB or RGBA; of a TIFF upright, of a PNG as they lie in the file.
    """
    import cv2

    decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16:
        raise ImageError(f"{path}: {UNUSUAL}")
    if decoded.ndim == 2:
        decoded = decoded[..., None]
    codes = {1: (0, 0, 0), 2: (0, 0, 0, 1), 3: (2, 1, 0), 4: (2, 1, 0, 3)}
    return decoded[..., codes[decoded.shape[2]]]


def _check_plain(path: Path, image: ImageFile) -> None:
    """Refuse the 16-bit layouts that OpenCV is known to read wrongly."""
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
