"""How photographs are deflated, in PNG and TIFF alike."""

from __future__ import annotations

import zlib

FAST = (1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
"""Arguments of `zlib.compressobj` for rows whose samples are differences to their neighbours.

What is left of a photograph then is mostly noise: searching it for repetitions takes long and saves little.
"""
