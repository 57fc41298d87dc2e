"""What the rows of an image say of each other, and of the record they are about."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from moei_toolkit.data.records import Record
from moei_toolkit.evaluation.rows import Row, by_image
from moei_toolkit.types import ACTUAL, DENSE, EXPERT_PREFIX, ORACLE, TOP2, most_probable

_SHARED = ("dataset", "scene_id", "degradation", "severity")
_G_HASH = re.compile(r"[0-9a-f]{16}")


def contradictions(
    rows: Sequence[Row],
    records: Sequence[Record],
    threshold: float,
    rule: str = "threshold",
    misrouted: float = 0.0,
) -> Iterator[str]:
    """Yield a sentence for everything in complete rows that cannot all be true.

    Args:
        rows: All policies of all images.
        records: Of the images that were judged.
        threshold: tau of the abstention.
        rule: Name of the abstention rule; all but ``"threshold"`` compare something else than the largest
            probability.
        misrouted: Share of the images that were sent to another expert than was decided, on purpose.
    """
    images = by_image(rows)
    known = {record.id: record for record in records}
    for name in sorted(images.keys() ^ known.keys()):
        yield f"image {name!r} has {'no record' if name in images else 'no rows'}"
    most = round(misrouted * len(images))
    sent = {name for name in images if most and _is_misrouted(images[name][ACTUAL], threshold)}
    if len(sent) > most:
        yield f"images sent to another expert than was decided: expected at most {most}, got {len(sent)}"
    for name, policies in images.items():
        found = [
            *_decision(policies, threshold, rule, name not in sent),
            *_oracle(policies),
            *_others(policies),
        ]
        if name in known:
            found += _descriptions(policies, known[name])
        yield from (f"image {name!r}, {line}" for line in found)


def _descriptions(policies: Mapping[str, Row], record: Record) -> Iterator[str]:
    for policy, row in policies.items():
        for name in _SHARED:
            expected, got = getattr(record, name), getattr(row, name)
            if expected != got:
                yield f"policy {policy!r}: {name}: expected {expected!r} as in its record, got {got!r}"
    if len({row.g_hash for row in policies.values()}) > 1:
        yield "its rows were made from different descriptors"
    for policy, row in policies.items():
        if not _G_HASH.fullmatch(row.g_hash):
            yield f"policy {policy!r}: g_hash: expected 16 hexadecimal digits, got {row.g_hash!r}"


def _is_misrouted(row: Row, threshold: float) -> bool:
    decided = DENSE if row.confidence < threshold else most_probable(row.probabilities)
    return not row.abstained and row.route != decided and row.route in row.probabilities


def _decision(policies: Mapping[str, Row], threshold: float, rule: str, routed: bool) -> Iterator[str]:
    """Check the decision about an image, and where it was ``routed`` by that, its route."""
    row = policies[ACTUAL]
    most = max(row.probabilities.values())
    if not math.isclose(sum(row.probabilities.values()), 1, abs_tol=1e-6):
        yield f"policy {ACTUAL!r}: probabilities: expected a sum of 1, got {sum(row.probabilities.values())}"
    if rule == "threshold" and row.confidence != most:
        yield f"policy {ACTUAL!r}: confidence: expected the largest probability {most}, got {row.confidence}"
    if routed and row.abstained != (row.confidence < threshold):
        yield f"policy {ACTUAL!r}: abstained: expected {row.confidence < threshold}, got {row.abstained}"
    if routed and (row.abstained != (row.route == DENSE) or row.probabilities.get(row.route, most) != most):
        yield f"policy {ACTUAL!r}: route: expected the most probable, dense if abstained, got {row.route!r}"
    yield from _same(row, policies)


def _oracle(policies: Mapping[str, Row]) -> Iterator[str]:
    row = policies[ORACLE]
    least = min(other.error for policy, other in policies.items() if policy.startswith(EXPERT_PREFIX))
    if row.error != least:
        yield f"policy {ORACLE!r}: error: expected the least of the experts {least}, got {row.error}"
    yield from _same(row, policies)


def _others(policies: Mapping[str, Row]) -> Iterator[str]:
    """Check that only MoE-I decides, and that every policy but it and the oracle took its own route."""
    probabilities = policies[ACTUAL].probabilities
    for policy, row in policies.items():
        if policy == ACTUAL:
            continue
        if row.probabilities or row.confidence or row.abstained:
            yield f"policy {policy!r}: expected no decision, got one, though only {ACTUAL!r} has decisions"
        if policy == TOP2 and row.route not in _best_two(probabilities):
            expected = " or ".join(map(repr, _best_two(probabilities)))
            yield f"policy {policy!r}: route: expected the two most probable, {expected}, got {row.route!r}"
        own = policy.removeprefix(EXPERT_PREFIX)
        if policy not in (TOP2, ORACLE) and row.route != own:
            yield f"policy {policy!r}: route: expected {own!r}, got {row.route!r}"


def _best_two(probabilities: Mapping[str, float]) -> list[str]:
    """Return how the route of Top-2 may be called; equal probabilities leave a choice."""
    best = sorted(probabilities.values(), reverse=True)[:2]
    pairs = permutations(probabilities, len(best))
    return ["+".join(pair) for pair in pairs if [probabilities[name] for name in pair] == best]


def _same(row: Row, policies: Mapping[str, Row]) -> Iterator[str]:
    """Compare with the row of the route that was taken: both are of one restored image."""
    other = policies.get(row.route if row.route == DENSE else f"{EXPERT_PREFIX}{row.route}")
    if other is None:
        yield f"policy {row.policy!r}: route: expected one that has a row, got {row.route!r}"
        return
    expected, got = ({**one.metrics, **one.cost, "error": one.error} for one in (other, row))
    for name in expected:
        if got.get(name) != expected[name]:
            what = f"that of {other.policy!r}, {expected[name]}"
            yield f"policy {row.policy!r}: {name}: expected {what}, got {got.get(name)}"
