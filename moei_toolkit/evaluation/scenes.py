"""Which images are of one scene, over several data sets."""

from __future__ import annotations

from moei_toolkit.evaluation.rows import Row


def scene_of(row: Row) -> str:
    """Return a label of the scene that an image is of; no two scenes of any data sets share one.

    It is the data set, a slash, and the scene. The first slash ends the name of the data set, as those
    inside it are written ``%2F``, and a percent sign ``%25``.
    """
    dataset = row.dataset.replace("%", "%25").replace("/", "%2F")
    return f"{dataset}/{row.scene_id}"
