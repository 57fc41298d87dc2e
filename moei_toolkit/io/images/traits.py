"""What a photograph is like, beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Traits:
    """What a photograph is like, beside its pixels, and what a restoration of it keeps.

    Attributes:
        height: Rows of pixels, upright.
        width: Columns of pixels, upright.
        bit_depth: 8 or 16.
        was_gray: True when the file has one colour channel (16-bit gray with opacity counts as RGBA).
        has_alpha: True when it has opacity.
        icc: Embedded colour profile, or None.
        exif: EXIF data in the form of a small TIFF, telling of upright pixels and without the thumbnail, or
            None.
    """

    height: int
    width: int
    bit_depth: int = 8
    was_gray: bool = False
    has_alpha: bool = False
    icc: bytes | None = None
    exif: bytes | None = None

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Type of the samples."""
        return np.uint16 if self.bit_depth == 16 else np.uint8
