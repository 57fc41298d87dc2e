"""The file formats a photograph can be written in, and what each can hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.traits import Traits

_ENDLESS = 2**31 - 1


@dataclass(frozen=True)
class Format:
    """What a file format can hold.

    Attributes:
        name: As Pillow calls it.
        deep: Whether it holds 16 bits per sample.
        alpha: Whether it holds opacity.
        gray: Whether it holds one colour channel; gray becomes RGB where it does not.
        icc: Most bytes of a colour profile.
        exif: Most bytes of EXIF data; it is left out where that is 0.
        longest: Largest side in pixels.
    """

    name: str
    deep: bool = False
    alpha: bool = False
    gray: bool = True
    icc: int = _ENDLESS
    exif: int = _ENDLESS
    longest: int = _ENDLESS


JPEG = Format("JPEG", icc=255 * 65_519, exif=65_527, longest=65_500)
TIFF = Format("TIFF", deep=True, alpha=True)
FORMATS = {
    ".png": Format("PNG", deep=True, alpha=True),
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".jpe": JPEG,
    ".jfif": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".webp": Format("WEBP", alpha=True, gray=False, longest=16_383),
    ".bmp": Format("BMP", icc=0, exif=0),
}
WRITABLE_SUFFIXES = tuple(FORMATS)


def format_for(path: Path, traits: Traits) -> Format:
    """Return the format of a file to be written, after checking that it can hold the photograph.

    Raises:
        ImageError: The suffix is unknown, or the format cannot hold the photograph.
    """
    chosen = FORMATS.get(path.suffix.lower())
    if chosen is None:
        known = ", ".join(WRITABLE_SUFFIXES)
        raise ImageError(f"{path}: cannot write a {path.suffix or 'suffixless'} file; supported: {known}")
    limits = {
        "16 bits": traits.bit_depth == 16 and not chosen.deep,
        "opacity": traits.has_alpha and not chosen.alpha,
        "a colour profile": 0 == chosen.icc < len(traits.icc or b""),
        f"a colour profile above {chosen.icc:,} bytes": 0 < chosen.icc < len(traits.icc or b""),
        f"EXIF data above {chosen.exif:,} bytes": 0 < chosen.exif < len(traits.exif or b""),
        f"sides above {chosen.longest} pixels": max(traits.height, traits.width) > chosen.longest,
    }
    lost = [what for what, is_lost in limits.items() if is_lost]
    if lost:
        raise ImageError(f"{path}: {chosen.name} cannot hold {' and '.join(lost)}; write a .png or .tif file")
    if traits.was_gray and _is_of_gray(traits.icc) and not (chosen.gray and is_written_gray(traits)):
        raise ImageError(
            f"{path}: the colour profile is one of gray, and gray becomes RGB in {chosen.name}, or with "
            "opacity in 16 bits; write a .png or .tif file without opacity, or remove the profile"
        )
    return chosen


def is_written_gray(traits: Traits) -> bool:
    """Tell whether one channel is written; readers of 16 bits know gray with opacity as RGBA only."""
    return traits.was_gray and not (traits.has_alpha and traits.bit_depth == 16)


def _is_of_gray(icc: bytes | None) -> bool:
    """Tell whether a colour profile is of gray: bytes 16 to 19 of its head say so (ICC.1, 7.2.6)."""
    return icc is not None and icc[16:20] == b"GRAY"
