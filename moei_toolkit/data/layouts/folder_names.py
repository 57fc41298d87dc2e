"""What folders of published data sets are called, by everyone who packed them again."""

from __future__ import annotations

import re

from moei_toolkit.data.layouts.file_names import plain

CLEAN_FOLDERS = frozenset({"gt", "gts", "groundtruth", "target", "targets", "clear", "high", "hq", "clean"})
"""Where clean images are; names as :func:`plain` returns them."""
INPUT_FOLDERS = frozenset({"input", "inputs", "lq", "degraded"})
"""Where degraded images are, whatever the degradation."""
SIDE_FOLDERS = frozenset({"cond", "depth", "depths", "mask", "masks", "normal", "normals"})
"""What some networks want beside images: normal maps, masks, depth."""

_PART = re.compile(r"(?<![a-z])(train|test|val)(ing|id|idation)?[\W_]*(set)?(?![a-z])")


def split_of(folder: str) -> str | None:
    """Return the published part that a folder is named after, "train", "test" or "val"; None for none or two.

    The last word of its name decides: ``training_set`` and ``CDD-11_train`` are "train". ``train_crop`` is
    not: it holds tiles, and nobody knows which ones show one photograph; nor is ``test_of_my_disk``.
    """
    name = folder.casefold()
    found = list(_PART.finditer(name))
    is_last = bool(found) and not re.search(r"[a-z]", name[found[-1].end() :])
    return found[0][1] if is_last and len({one[1] for one in found}) == 1 else None


def is_clean(folder: str) -> bool:
    """Tell whether a folder is named after clean images."""
    return plain(folder) in CLEAN_FOLDERS


def is_aside(folder: str) -> bool:
    """Tell whether a folder is named after something that comes beside images."""
    return plain(folder) in SIDE_FOLDERS
