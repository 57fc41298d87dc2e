"""Read photographs from strangers: header first, bounded, upright, and never half of one."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from moei_toolkit.errors import ImageError
from moei_toolkit.io.pixels import LoadedImage

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

READABLE = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")
MAX_PIXELS = 178_956_970
"""Pillow's own limit against decompression bombs; about twenty-one 4K frames."""

DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders are known to raise on damaged files."""

GRAY_MODES = ("1", "L", "LA", "I;16", "I;16B", "I;16L")
REFUSED_MODES = {
    "CMYK": "is in CMYK, which needs a colour profile to become RGB; convert it to RGB first",
    "LAB": "is in CIE L*a*b*; convert it to RGB first",
    "I": "has 32-bit integer samples; expected 8 or 16 bits",
    "F": "has floating point samples; expected 8 or 16 bits",
}
ORIENTATION = 274
TIFF_BITS, TIFF_PHOTOMETRIC, TIFF_PLANAR, TIFF_EXTRA = 258, 262, 284, 338
UNUSUAL = (
    "an unusual kind of 16-bit file (separate planes, inverted gray, premultiplied or single-colour "
    "transparency); convert it to a plain PNG"
)


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> LoadedImage:
    """Read a PNG, JPEG, TIFF, WebP or BMP photograph.

    EXIF orientation is applied. Palettes become RGB. Colours are not converted: the profile is kept for
    writing. Other metadata is not read.

    Args:
        path: The file.
        max_pixels: Images with more pixels are refused before they are decoded. At most
            178,956,970, Pillow's limit.

    Returns:
        The photograph.

    Raises:
        ImageError: The file is missing, empty, damaged, truncated, too large, animated, or in a colour
            space or bit depth that is not supported. The message names the file.
    """
    path = Path(path)
    _check_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=READABLE) as image:
                _check_header(path, image, max_pixels)
                return _decode(path, image)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path}: {error}; expected at most {max_pixels:,} pixels") from error
    except Image.UnidentifiedImageError as error:
        kinds = ", ".join(READABLE)
        raise ImageError(f"{path}: not an image, or not of a supported kind ({kinds})") from error
    except DECODE_ERRORS as error:
        raise ImageError(f"{path}: damaged or truncated: {error}") from error


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ImageError(f"{path}: is a folder, expected an image file")
    if not path.exists():
        raise ImageError(f"{path}: no such file")
    if not path.is_file():
        raise ImageError(f"{path}: not a regular file")
    if path.stat().st_size == 0:
        raise ImageError(f"{path}: the file is empty (0 bytes)")


def _check_header(path: Path, image: ImageFile, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageError(f"{path}: {width}x{height} pixels, expected at most {max_pixels:,} in total")
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # cameras put previews behind the photograph
        raise ImageError(f"{path}: holds {frames} frames, expected one photograph; extract the one you want")
    if image.mode in REFUSED_MODES:
        raise ImageError(f"{path}: {REFUSED_MODES[image.mode]}")


def _decode(path: Path, image: ImageFile) -> LoadedImage:
    icc, was_gray = image.info.get("icc_profile"), image.mode in GRAY_MODES
    if _bits(path, image) == 16:
        colours = _decode_16_bit(path, image)
    else:
        upright = ImageOps.exif_transpose(image)
        alpha = upright.has_transparency_data
        colours = np.asarray(upright.convert("RGBA" if alpha else "RGB"))
    pixels = np.ascontiguousarray(colours[..., :3])
    opacity = np.ascontiguousarray(colours[..., 3]) if colours.shape[2] == 4 else None
    return LoadedImage(pixels, opacity, pixels.itemsize * 8, was_gray, icc or None)


def _bits(path: Path, image: ImageFile) -> int:
    """Return the bits per sample in the file, which Pillow's mode hides for colour images."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24]
    if image.format == "TIFF":
        tags: Any = image
        return int(max(tags.tag_v2.get(TIFF_BITS, (1,))))
    return 8


def _decode_16_bit(path: Path, image: ImageFile) -> np.ndarray:
    """Decode with OpenCV, which keeps 16 bits, after Pillow has found the file to be whole.

    Returns:
        (H, W, 3) or (H, W, 4) uint16, RGB or RGBA, upright.
    """
    import cv2

    _check_plain(path, image)
    orientation = image.getexif().get(ORIENTATION, 1) if image.format == "PNG" else 1  # TIFF: done by cv2
    image.load()
    decoded = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16:
        raise ImageError(f"{path}: {UNUSUAL}")
    if decoded.ndim == 2:
        decoded = decoded[..., None]
    codes = {1: (0, 0, 0), 2: (0, 0, 0, 1), 3: (2, 1, 0), 4: (2, 1, 0, 3)}
    return turn_upright(decoded[..., codes[decoded.shape[2]]], orientation)


def _check_plain(path: Path, image: ImageFile) -> None:
    """Refuse the 16-bit layouts that OpenCV is known to read wrongly."""
    plain = "transparency" not in image.info
    if image.format == "TIFF":
        tags: Any = image
        photometric, planar, extra = (
            tags.tag_v2.get(tag, default)
            for tag, default in ((TIFF_PHOTOMETRIC, 2), (TIFF_PLANAR, 1), (TIFF_EXTRA, (2,)))
        )
        plain = photometric in (1, 2) and planar == 1 and 1 not in extra
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
