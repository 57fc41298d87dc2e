"""Whether rows say what was measured when their images were restored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from moei_toolkit.artifact.differences import first_difference
from moei_toolkit.evaluation.rows import Row, by_image
from moei_toolkit.pipeline.judging.judge import judge
from moei_toolkit.pipeline.measuring.measurement import Measured
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
    images, along = by_image(rows), {image.id: image for image in measured}
    for name in sorted(images.keys() ^ along.keys()):
        yield f"image {name!r} has {'no rows' if name in along else 'no measurement'}"
    for name, policies in images.items():
        row = policies.get(ACTUAL)
        if row is None or name not in along:
            continue
        probabilities = {expert: row.probabilities[expert] for expert in experts}
        decision = Decision(row.route, probabilities, row.confidence, row.abstained)
        made = {one.policy: one for one in judge(along[name], decision)}
        for policy in sorted((policies.keys() - {TOP2}) | made.keys()):
            expected, got = (asdict(of[policy]) if policy in of else None for of in (made, policies))
            if difference := first_difference(expected, got):
                yield f"image {name!r}, policy {policy!r}: {difference}; expected is what was measured"
