"""Images are sent to wrong experts in just the share that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.pipeline.judging.misrouting import misroute
from moei_toolkit.types import DENSE, Decision

NAMES = ("rain", "haze", "snow")


def decisions(count: int) -> list[Decision]:
    chosen = [NAMES[number % 3] for number in range(count)]
    certain = [{name: float(name == one) for name in NAMES} for one in chosen]
    routes = [DENSE if number % 5 == 0 else one for number, one in enumerate(chosen)]
    return [
        Decision(route, probabilities, 0.5, route == DENSE)
        for route, probabilities in zip(routes, certain, strict=True)
    ]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1, 0.2, 1.0])
def test_a_share_takes_another_route(share):
    before = decisions(200)
    after = misroute(before, share, np.random.default_rng(0))
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert len(changed) == round(share * 200)
    for one, other in changed:
        assert other.route in NAMES
        assert other.route != one.route
        assert not other.abstained
        assert (other.probabilities, other.confidence) == (one.probabilities, one.confidence)


def test_the_seed_decides_and_every_expert_is_drawn():
    before = decisions(90)
    one, same, other = (misroute(before, 0.5, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert {decision.route for decision in misroute(before, 1.0, np.random.default_rng(0))} == set(NAMES)


def test_a_single_expert_has_no_other():
    alone = [Decision("rain", {"rain": 1.0}, 1.0, False)]
    assert misroute(alone, 1.0, np.random.default_rng(0)) == alone
