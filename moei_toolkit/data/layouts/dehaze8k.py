"""8KDehaze: aerial photographs of 8192x8192 pixels under several strengths of haze."""

from __future__ import annotations

import re

from moei_toolkit.data.layouts.pairing import Variant
from moei_toolkit.data.layouts.published import layout_of
from moei_toolkit.data.layouts.published_set import PublishedSet

_FULL = {f"cloudl{level}": Variant(f"haze-L{level}", "haze", level / 4) for level in range(1, 5)}
_MINI = {f"cloud{level}": Variant(f"haze-{level}", "haze", (level + 1) / 5) for level in range(5)}
_NUMBER = re.compile(r"_\d+$")


def photograph_of(stem: str) -> str:
    """Return the photograph an image was cut from: ``16s14e09_c50y15_0`` is number 0 of ``16s14e09_c50y15``.

    Neither the paper nor its code explains the names; that the last number counts images of one photograph is
    the careful reading.
    """
    return _NUMBER.sub("", stem) or stem


Dehaze8K = layout_of(
    PublishedSet(
        "dehaze8k",
        "clear and cloud_L1, ..., cloud_L4, or clear and cloud_0, ..., cloud_4",
        {**_FULL, **_MINI},
        capture=photograph_of,
    ),
    "Dehaze8K",
    __name__,
    """8KDehaze (Chen et al., DehazeXL, CVPR 2025), and its small edition.

    All strengths of haze over one image are one scene, at level 1/4 to 1 for ``cloud_L1`` to ``cloud_L4`` and
    1/5 to 1 for ``cloud_0`` to ``cloud_4``; images cut from one photograph are one capture, see
    `photograph_of`. It is published undivided.
    """,
)
