"""Data sets of frames at 3840x2160: UHD-Rain, UHD-Snow, UHD-Haze and 4K-Rain13k.

They come as two published parts, ``train`` or ``training_set`` and ``test`` or ``testing_set``, of two
folders each: degraded images in ``input``, clean ones of the same name in ``gt`` or ``target``. Normal maps
beside them, which only one network wants, are not read.
"""

from __future__ import annotations

import re

from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published import layout_of
from moei_toolkit.data.layouts.published_set import PublishedSet, variants_of

_SHAPE = "{train, training_set, test, testing_set}/{input, gt}"
_RAIN = variants_of(Variant("rain", "rain"), "rain", "rainy")
_SNOW = variants_of(Variant("snow", "snow"), "snow", "snowy")
_HAZE = variants_of(Variant("haze", "haze"), "haze", "hazy")
_FRAME = re.compile(r"(\d+)_\1\d+")


def video_of(stem: str) -> str:
    """Return the video that a frame of UHD-Haze comes from, or the stem where that is not told.

    Frames are called ``25_250000111``: the number in front starts the second one again, so it is taken for
    the video, and the rest for the frame. No paper says so.
    """
    frame = _FRAME.fullmatch(stem)
    return frame[1] if frame else stem


UHDRain = layout_of(
    PublishedSet("uhd_rain", _SHAPE, _RAIN),
    "UHDRain",
    __name__,
    "UHD-Rain (Wang et al., UHDDIP, TCSVT 2025): 3000 and 200 pairs. Every image is a capture of its own.",
)
UHDSnow = layout_of(
    PublishedSet("uhd_snow", _SHAPE, _SNOW),
    "UHDSnow",
    __name__,
    "UHD-Snow (Wang et al., UHDDIP, TCSVT 2025): 3000 and 200 pairs. Every image is a capture of its own.",
)
UHDHaze = layout_of(
    PublishedSet("uhd_haze", _SHAPE, _HAZE, capture=video_of),
    "UHDHaze",
    __name__,
    "UHD-Haze (Wang et al., UHDformer, AAAI 2024): 2290 and 231 pairs. Frames of a video are one capture.",
)
Rain13k4K = layout_of(
    PublishedSet("rain13k_4k", _SHAPE, _RAIN),
    "Rain13k4K",
    __name__,
    "4K-Rain13k (Chen et al., UDR-Mixer, 2024): 12,500 and 500 pairs. Every image is a capture of its own.",
)
