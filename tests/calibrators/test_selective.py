"""The learned rule minimises the selective risk of SelectiveNet, and turns away what routing harms."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize
from scipy.special import expit

from moei_toolkit.calibrators.abstention import choose_threshold
from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.errors import ConfigError, DataError

IMAGES, WIDTH = 400, 6


def sample(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images that routing harms where the first number of g is large, however sure the router is."""
    rng = np.random.default_rng(seed)
    g = rng.normal(3, 2, (IMAGES, WIDTH))
    harm = np.where(g[:, 0] > 5.5, 4.0, -1.0) + rng.normal(0, 0.2, IMAGES)
    return g.astype(np.float32), rng.dirichlet(np.ones(3), IMAGES), harm


def fitted(**options: float) -> Selective:
    rule = Selective(**options)
    rule.fit(*sample())
    return rule


def objective(
    parameters: np.ndarray, coverage: float = 0.9, penalty: float = 32.0, decay: float = 0.01
) -> float:
    """Equation 2 of the paper with the harm as loss, and the decay of weights on normalised descriptors."""
    g, _, harm = sample()
    normal = (g - g.mean(0, np.float64)) / g.std(0, np.float64) / np.sqrt(WIDTH)
    kept = expit(normal @ parameters[:-1] + parameters[-1])
    risk = (harm / harm.std() * kept).mean() / kept.mean()
    return float(
        risk + penalty * max(0, coverage - kept.mean()) ** 2 + decay * np.square(parameters[:-1]).sum()
    )


def test_it_minimises_the_objective_of_the_paper():
    g, _, _ = sample()
    rule = fitted()
    scale = g.std(0, np.float64) * np.sqrt(WIDTH)
    found = np.append(rule.weights * scale, rule.bias + rule.weights @ g.mean(0, np.float64))
    start = np.append(np.zeros(WIDTH), np.log(9.0))
    best = minimize(objective, start, method="BFGS", options={"gtol": 1e-8})
    assert objective(found) <= best.fun + 1e-6
    assert objective(found) < objective(start) - 0.02
    assert check_grad(objective, lambda _: np.zeros(WIDTH + 1), found) < 1e-2  # it is flat there


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.95])
def test_about_as_many_images_are_kept_as_asked_for(coverage: float):
    g, probabilities, _ = sample(seed=1)
    assert fitted(coverage=coverage).scores(g, probabilities).mean() == pytest.approx(coverage, abs=0.07)


def test_it_turns_away_what_routing_harms_though_the_router_is_sure():
    g, probabilities, harm = sample(seed=1)
    scores = fitted().scores(g, probabilities)
    routed, dense = np.zeros(IMAGES), harm
    learned = choose_threshold(scores, routed, dense, max_abstention=0.12)
    sure = choose_threshold(probabilities.max(1), routed, dense, max_abstention=0.12)
    assert learned.gain > 0.25 > 0.05 > sure.gain


def test_before_fitting_all_images_are_alike():
    g, probabilities, _ = sample()
    np.testing.assert_allclose(Selective(coverage=0.8).scores(g, probabilities), 0.8)


def test_the_state_brings_everything_back():
    g, probabilities, _ = sample(seed=1)
    rule, fresh = fitted(), Selective(coverage=0.5)
    fresh.load_state(json.loads(json.dumps(rule.state())))
    np.testing.assert_array_equal(fresh.scores(g, probabilities), rule.scores(g, probabilities))


def test_descriptors_of_another_length_are_refused():
    rule = Selective()
    rule.load_state({"weights": [0.5] * 3, "bias": 0.0})
    with pytest.raises(DataError, match="fitted to descriptors of 3 numbers, got 4"):
        rule.scores(np.zeros((2, 4)), np.full((2, 2), 0.5))


def test_harm_that_is_the_same_everywhere_teaches_nothing():
    g, probabilities, _ = sample()
    rule = Selective()
    rule.fit(g, probabilities, np.full(IMAGES, 0.1))
    np.testing.assert_allclose(rule.scores(g, probabilities), 0.9, atol=1e-3)


def test_a_descriptor_that_never_changes_has_no_weight():
    g, probabilities, harm = sample()
    g[:, 2] = 0.1
    rule = Selective()
    rule.fit(g, probabilities, harm)
    assert abs(rule.weights[2]) < 1e-6


@pytest.mark.parametrize(
    "options",
    [
        {"coverage": 0.0},
        {"coverage": 1.0},
        {"coverage": float("nan")},
        {"penalty": 0.0},
        {"penalty": float("inf")},
        {"decay": -1.0},
        {"decay": float("inf")},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ConfigError, match=r"a coverage in \(0, 1\)"):
        Selective(**options)


@pytest.mark.parametrize("spoilt", [0, 2])
def test_bad_input_is_refused(spoilt: int):
    arrays = [values.copy() for values in sample()]
    arrays[spoilt].flat[0] = np.nan
    with pytest.raises(DataError, match="finite"):
        Selective().fit(*arrays)
    with pytest.raises(DataError, match=r"descriptors \(400, d\), got \(399, 6\)"):
        Selective().fit(sample()[0][1:], *sample()[1:])


@pytest.mark.parametrize("state", [{"weights": [1.0, None], "bias": 0.0}, {"weights": 3, "bias": 0.0}, {}])
def test_a_damaged_state_is_refused(state):
    with pytest.raises((ValueError, TypeError, KeyError)):
        Selective().load_state(state)
