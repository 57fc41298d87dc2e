"""A photograph that was decoded whole."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from moei_toolkit.io.images.pixel_source import ArraySource, PixelSource
from moei_toolkit.io.images.traits import Traits


@dataclass(frozen=True)
class LoadedImage:
    """A photograph as it came from its file.

    Attributes:
        pixels: (H, W, 3) uint8 or uint16 RGB, upright. A gray photograph has three equal channels.
        alpha: (H, W) opacity in the same type, or None.
        was_gray: See `Traits`.
        icc: See `Traits`.
        exif: See `Traits`.
        kind: Format of the file, as Pillow calls it.
        orientation: What its EXIF data said; 1 is upright. It was applied.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    was_gray: bool = False
    icc: bytes | None = None
    exif: bytes | None = None
    kind: str = ""
    orientation: int = 1

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])

    @property
    def bit_depth(self) -> int:
        """Bits of a sample, 8 or 16."""
        return 8 * self.pixels.itemsize

    @property
    def traits(self) -> Traits:
        """What it is like, beside its pixels."""
        has_alpha = self.alpha is not None
        return Traits(self.height, self.width, self.bit_depth, self.was_gray, has_alpha, self.icc, self.exif)

    def opacity(self) -> AbstractContextManager[PixelSource | None]:
        """Hand out rows (h, W) of opacity, or None."""
        return nullcontext(None if self.alpha is None else ArraySource(self.alpha))
