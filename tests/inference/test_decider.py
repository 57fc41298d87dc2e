"""The most probable expert is chosen, unless it is not probable enough."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny_run import FixedRouter, make_decider

from moei_toolkit.calibrators.rules.selective import Selective
from moei_toolkit.calibrators.temperature import Temperature
from moei_toolkit.inference.decider import Decider
from moei_toolkit.inference.runtimes.eager import EagerRouter
from moei_toolkit.routers.mlp import MLPRouter
from moei_toolkit.types import DENSE

G = np.zeros((1, 4), np.float32)
HALF = 1 / (1 + math.exp(-1.0))  # softmax of (1, 0)


def test_the_most_probable_expert_is_the_route():
    decision = make_decider(0.0, 1.0, threshold=0.5).decide(G)
    assert decision.route == decision.expert == "second"
    assert list(decision.probabilities) == ["first", "second"]
    assert decision.probabilities["second"] == decision.confidence == pytest.approx(HALF)
    assert sum(decision.probabilities.values()) == pytest.approx(1)
    assert decision.abstained is False


def test_below_the_threshold_it_abstains():
    decision = make_decider(0.0, 1.0, threshold=HALF + 1e-6).decide(G)
    assert decision.abstained is True
    assert decision.route == DENSE
    assert decision.expert == "second"
    assert decision.confidence == pytest.approx(HALF)


def test_at_the_threshold_it_does_not():
    decision = make_decider(0.0, 0.0, threshold=0.5).decide(G)
    assert decision.confidence == 0.5
    assert not decision.abstained


@pytest.mark.parametrize(("threshold", "abstains"), [(0.0, False), (1.0, True)])
def test_the_ends_of_the_range(threshold: float, abstains: bool):
    assert make_decider(0.3, 0.1, threshold=threshold).decide(G).abstained is abstains


def test_the_calibrator_sets_the_confidence():
    calibrator = Temperature()
    calibrator.load_state({"temperature": 10.0, "at_bound": False})
    softened = Decider(EagerRouter(FixedRouter(1.0, 0.0)), calibrator, 0.6, ("first", "second")).decide(G)
    assert softened.confidence == pytest.approx(1 / (1 + math.exp(-0.1)))
    assert softened.abstained


def test_nothing_is_random():
    torch.manual_seed(0)
    router = MLPRouter(4, 2, hidden=8, dropout=0.5).train()
    decider = Decider(EagerRouter(router), Temperature(), 0.0, ("first", "second"))
    g = np.random.default_rng(0).normal(size=(1, 4)).astype(np.float32)
    assert len({decider.decide(g).confidence for _ in range(5)}) == 1


def test_a_rule_takes_the_place_of_the_confidence():
    rule = Selective()
    rule.load_state({"weights": [1.0, 0.0, 0.0, 0.0], "bias": -2.0})
    router = EagerRouter(FixedRouter(0.0, 3.0))
    decider = Decider(router, Temperature(), 0.5, ("first", "second"), rule)
    refused, followed = (decider.decide(np.array([[x, 9, 9, 9]], np.float32)) for x in (1, 3))
    assert (refused.route, refused.abstained, refused.expert) == (DENSE, True, "second")
    assert (followed.route, followed.abstained) == ("second", False)
    assert refused.confidence == pytest.approx(1 / (1 + math.e))
    assert followed.confidence == pytest.approx(1 / (1 + 1 / math.e))
    assert refused.probabilities == followed.probabilities


def test_the_router_hears_the_name_of_the_image():
    def by_name(g: np.ndarray, image: str) -> np.ndarray:
        return np.array([[image == "a", image == "b"]], np.float32)

    decider = Decider(by_name, Temperature(), 0.0, ("first", "second"))
    assert [decider.decide(G, image).route for image in ("a", "b")] == ["first", "second"]
    assert decider.decide(G).confidence == 0.5
