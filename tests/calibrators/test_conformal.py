"""The rule of a promise scores as another rule does, and says what it promises."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.calibrators.risk_control import RiskLimit
from moei_toolkit.calibrators.rules.conformal import Conformal
from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.errors import ConfigError, MoeiError, RegistryError
from moei_toolkit.registry import ABSTENTIONS

PROMISE = {"type": "conformal", "level": 0.2, "bound": 6.0}


def test_it_scores_as_the_confidence_and_learns_nothing():
    rule = ABSTENTIONS.build(PROMISE)
    probabilities = np.array([[0.7, 0.3], [0.1, 0.9]])
    assert rule.scores(np.zeros((2, 3)), probabilities).tolist() == [0.7, 0.9]
    assert (rule.learns, rule.state(), rule.limit) == (False, {}, RiskLimit(0.2, 6.0))


def test_it_scores_as_any_other_rule():
    rng = np.random.default_rng(0)
    g, probabilities, harm = rng.normal(size=(30, 4)), rng.dirichlet([1, 1], 30), rng.normal(size=30)
    rule, alone = (
        ABSTENTIONS.build({**PROMISE, "rule": {"type": "selective", "coverage": 0.7}}),
        Selective(0.7),
    )
    for each in (rule, alone):
        each.fit(g, probabilities, harm)
    assert rule.learns
    assert np.array_equal(rule.scores(g, probabilities), alone.scores(g, probabilities))
    assert rule.state() == alone.state()


@pytest.mark.parametrize(("level", "bound"), [(0, 1), (2, 2), (3, 2)])
def test_a_level_that_promises_nothing_is_refused(level: float, bound: float):
    with pytest.raises(MoeiError, match="0 < level < bound"):
        Conformal(level, bound)


def test_a_limit_within_a_limit_is_refused():
    strict = {"type": "conformal", "level": 0.01, "bound": 3}
    with pytest.raises(ConfigError, match="rule: expected one without a limit of its own"):
        ABSTENTIONS.build({"type": "conformal", "level": 0.2, "bound": 6, "rule": strict})


def test_what_is_wrong_with_its_rule_is_said_there():
    with pytest.raises(RegistryError, match=r"rule: .*'selectve'.*Did you mean 'selective'"):
        ABSTENTIONS.build({**PROMISE, "rule": {"type": "selectve"}})
