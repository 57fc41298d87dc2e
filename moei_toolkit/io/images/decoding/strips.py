"""Large photographs decoded strip by strip with libvips, so that they never lie in memory whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from moei_toolkit.errors import ImageError
from moei_toolkit.io.images.decoding.strict import fail_on, reason_of
from moei_toolkit.io.images.traits import Traits
from moei_toolkit.io.images.vips import import_vips

_STRIP_PIXELS = 2**19
_FORMATS = {8: "uchar", 16: "ushort"}


def decode_strips(path: Path, kind: str, traits: Traits) -> Iterator[np.ndarray]:
    """Decode a photograph that `can_stream`.

    Args:
        path: The file.
        kind: Its format, as Pillow calls it.
        traits: What its header says.

    Yields:
        Strips (h, W, C), uint8 or uint16, from top to bottom; C = 1 (gray), 2 (gray, opacity), 3 (RGB) or 4.

    Raises:
        ImageError: The file is damaged or truncated, or has changed.
    """
    pyvips = import_vips()

    try:
        source = pyvips.Source.new_from_file(os.fsencode(path))  # in a name, brackets would be options
        image = pyvips.Image.new_from_source(source, "", access="sequential", fail_on=fail_on(kind))
        seen = (image.height, image.width, image.format, image.bands in (2, 4))
        if seen != (traits.height, traits.width, _FORMATS[traits.bit_depth], traits.has_alpha):
            raise ImageError(f"{path}: changed while it was read; read it again")
        region, rows = pyvips.Region.new(image), max(1, _STRIP_PIXELS // traits.width)
        for top in range(0, traits.height, rows):
            height = min(rows, traits.height - top)
            data = region.fetch(0, top, traits.width, height)
            yield np.frombuffer(data, traits.dtype).reshape(height, traits.width, image.bands)
    except pyvips.Error as error:
        raise ImageError(f"{path}: damaged or truncated: {reason_of(error)}") from error
