"""What the header of a photograph says, read with Pillow before anything is decoded."""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from moei_toolkit.errors import ImageError

READABLE = tuple(
    plugin.format
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        TiffImagePlugin.TiffImageFile,
        WebPImagePlugin.WebPImageFile,
        BmpImagePlugin.BmpImageFile,
    )
)
MAX_PIXELS = 178_956_970
"""Most pixels of a photograph that is decoded whole; about twenty-one 4K frames."""

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

PngImagePlugin.MAX_TEXT_CHUNK = 2**24  # binds colour profiles as well, and some take more than the usual 1 MB
logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.CRITICAL)  # it raises what it complains about

_OTHER_KINDS = (
    (0, b"GIF8", "a GIF"),
    (0, b"8BPS", "a Photoshop document"),
    (4, b"jP  ", "a JPEG 2000"),
    (4, b"ftyp", "a HEIC, an AVIF or a film"),
    (0, b"<!DO", "a web page"),
    (0, b"<htm", "a web page"),
    (0, b"version https://", "a Git LFS pointer instead of what it points to"),
)
"""What is often found in the place of photographs: where it says so, what it says, its name."""

GRAY_MODES = ("1", "L", "LA", "I;16", "I;16B", "I;16L")
REFUSED_MODES = {
    "CMYK": "is in CMYK, which needs a colour profile to become RGB; convert it to RGB first",
    "LAB": "is in CIE L*a*b*; convert it to RGB first",
    "I": "has 32-bit integer samples; expected 8 or 16 bits",
    "F": "has floating point samples; expected 8 or 16 bits",
}
TIFF_BITS, TIFF_PHOTOMETRIC, TIFF_PLANAR, TIFF_TILE_ROWS = 258, 262, 284, 323
TIFF_EXTRA, TIFF_SAMPLE_FORMAT = 338, 339
_SIGNED = 2
_ALPHA = frozenset({1, 2, 999})
"""ExtraSamples that are opacity: multiplied in, not multiplied in, and as Corel Draw writes it."""
_UNKNOWN_SAMPLES = "has samples of a kind that is not supported; expected unsigned integers of 8 or 16 bits"


@contextmanager
def opened_image(path: Path) -> Iterator[ImageFile]:
    """Open a photograph with Pillow for as long as the block lasts; only its header is read.

    Raises:
        ImageError: The file is missing, unreadable, empty, damaged, of no supported kind, animated, or in a
            colour space, or with channels, that is not supported; or the block found it damaged. The message
            names the file.
    """
    try:
        _check_file(path)
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")
            with _identified(path, file) as image:
                _check_kind(path, image)
                yield image
    except Image.DecompressionBombError as error:
        raise ImageError(f"{path}: {error}; expected at most {MAX_PIXELS:,} pixels") from error
    except DECODE_ERRORS as error:
        if isinstance(error, OSError) and error.errno:  # the system's own; Pillow's have no number
            raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
        reason = _UNKNOWN_SAMPLES if str(error) == "unknown pixel mode" else f"damaged or truncated: {error}"
        raise ImageError(f"{path}: {reason}") from error


def bits_per_sample(path: Path, image: ImageFile) -> int:
    """Return the bits per sample in the file, which Pillow's mode hides for colour images."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24]
    if image.format == "TIFF":
        return int(max(tiff_tag(image, TIFF_BITS, (1,))))
    return 8


def tiff_tag(image: ImageFile, tag: int, default: Any) -> Any:
    """Return a tag of a TIFF."""
    tiff: Any = image
    return tiff.tag_v2.get(tag, default)


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise ImageError(f"{path}: is a folder, expected an image file")
    if not path.exists():
        reason = f"a link to {path.readlink()}, which is not there" if path.is_symlink() else "no such file"
        raise ImageError(f"{path}: {reason}")
    if not path.is_file():
        raise ImageError(f"{path}: not a regular file")
    if path.stat().st_size == 0:
        raise ImageError(f"{path}: the file is empty (0 bytes)")


def _identified(path: Path, file: IO[bytes]) -> ImageFile:
    """Open with the plugin that knows the first bytes; Pillow's own ``open`` refuses what we may stream."""
    start = file.read(16)
    for kind in READABLE:
        factory, accept = Image.OPEN[kind]
        if accept is not None and accept(start) is True:
            file.seek(0)
            image = factory(file, str(path))
            image.filename = ""  # Pillow maps a raw TIFF of known name, with sides that it has turned before
            return image
    others = (name for place, says, name in _OTHER_KINDS if start.startswith(says, place))
    found = next(others, "not an image, or not of a supported kind")
    raise ImageError(f"{path}: {found}; expected one of {', '.join(READABLE)}")


def _check_kind(path: Path, image: ImageFile) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # cameras put previews behind the photograph
        raise ImageError(f"{path}: holds {frames} frames, expected one photograph; extract the one you want")
    if image.mode in REFUSED_MODES:
        raise ImageError(f"{path}: {REFUSED_MODES[image.mode]}")
    if image.format == "TIFF":
        _check_samples(path, image)


def _check_samples(path: Path, image: ImageFile) -> None:
    if _SIGNED in tiff_tag(image, TIFF_SAMPLE_FORMAT, ()):
        raise ImageError(f"{path}: {_UNKNOWN_SAMPLES}")
    extra = tiff_tag(image, TIFF_EXTRA, ())
    if len(extra) > 1 or not _ALPHA.issuperset(extra):
        raise ImageError(
            f"{path}: expected one channel beside the colours at most, and that declared as alpha, got "
            f"{len(extra)} (ExtraSamples {', '.join(map(str, extra))}); save the colours alone"
        )
