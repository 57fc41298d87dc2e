"""Whether rows say what was measured when their images were restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from moei_toolkit.artifact.differences import first_difference
from moei_toolkit.evaluation.rows import Row, by_policy
from moei_toolkit.pipeline.judge import judge
from moei_toolkit.pipeline.measurement import Measured
from moei_toolkit.types import ACTUAL, TOP2, Decision


def measurement_problems(
    rows: Sequence[Row], measured: Sequence[Measured], experts: Sequence[str]
) -> Iterator[str]:
    """Yield a sentence for every row that is not what its image was along its route.

    What MoE-I decided is taken from its rows. Top-2 is left out: what it mixes is restored and measured when
    rows are made, and only they hold it.

    Args:
        rows: All policies of all images.
        measured: The images along every route, with their descriptors.
        experts: In the order of the config: of equally good ones the oracle takes the first.
    """
    found, along = by_policy(rows), {image.id: image for image in measured}
    for name in sorted({row.id for row in rows} ^ along.keys()):
        yield f"image {name!r} has {'no rows' if name in along else 'no measurement'}"
    for row in rows:
        if row.policy != ACTUAL or row.id not in along:
            continue
        probabilities = {name: row.probabilities[name] for name in experts}
        decision = Decision(row.route, probabilities, row.confidence, row.abstained)
        made = by_policy(judge(along[row.id], decision))
        for key in sorted({key for key in found if key[0] == row.id and key[1] != TOP2} | made.keys()):
            expected, got = (None if one is None else asdict(one) for one in (made.get(key), found.get(key)))
            if difference := first_difference(expected, got):
                yield f"image {key[0]!r}, policy {key[1]!r}: {difference}; expected is what was measured"
