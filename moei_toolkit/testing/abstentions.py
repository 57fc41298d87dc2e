"""The contract of an abstention rule."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from moei_toolkit.calibrators.rules.base import AbstentionRule
from moei_toolkit.errors import DataError
from moei_toolkit.testing.contract import promise, require, require_no_torch, require_own_state

_IMAGES = 60

Images = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Descriptors, probabilities and harm."""


def check_abstention(make: Callable[[], AbstentionRule], descriptor_dim: int = 32, seed: int = 0) -> None:
    """Check every promise of `AbstentionRule`, for two, three and seven experts.

    Args:
        make: Builds a rule.
        descriptor_dim: Length of g.
        seed: Of the images.

    Raises:
        ContractError: Names the first promise found broken.
    """
    rng = np.random.default_rng(seed)
    for experts in (2, 3, 7):
        g = rng.normal(0, 1, (_IMAGES, descriptor_dim)).astype(np.float32)
        probabilities = rng.dirichlet(np.ones(experts), _IMAGES)
        images = g, probabilities, g[:, 0] + rng.normal(0, 1, _IMAGES)
        rule = make()
        _check_fitting(rule, images)
        for scale in (1.0, 1e4):
            _check_scores(rule, scale * g, probabilities, f"for descriptors up to {scale * g.max():.3g}")
        _check_state(rule, make(), g, probabilities)
        require_own_state(rule)
        _check_repeating(rule, make(), images)
        _check_few(make(), images)
    _check_refusals(make(), images)
    require_no_torch(rule, "scores", g, probabilities)


def _check_fitting(rule: AbstentionRule, images: Images) -> None:
    kept = [values.copy() for values in images]
    with promise(rule, "it can be fitted, and leaves what it is fitted on alone"):
        rule.fit(*images)
        unchanged = all(np.array_equal(*pair) for pair in zip(kept, images, strict=True))
        require(unchanged, "the arrays changed")


def _check_scores(rule: AbstentionRule, g: np.ndarray, probabilities: np.ndarray, when: str) -> None:
    with promise(rule, f"there is a score in [0, 1] for each image, {when}"):
        found = rule.scores(g, probabilities)
        require(found.shape == (len(g),), f"expected shape {(len(g),)}, got {found.shape}")
        require(found.dtype == np.float64, f"the type is {found.dtype}")
        require(bool(((found >= 0) & (found <= 1)).all()), f"from {found.min()} to {found.max()}")
    with promise(rule, "an image is scored independently of its neighbours in the batch"):
        pairs = zip(g, probabilities, strict=True)
        alone = np.concatenate([rule.scores(one[None], row[None]) for one, row in pairs])
        require(np.allclose(alone, found, rtol=0, atol=1e-9), f"off by {np.abs(alone - found).max():.3g}")


def _check_state(
    rule: AbstentionRule, fresh: AbstentionRule, g: np.ndarray, probabilities: np.ndarray
) -> None:
    with promise(rule, "its state survives JSON"):
        fresh.load_state(json.loads(json.dumps(rule.state(), allow_nan=False)))
        same = np.array_equal(fresh.scores(g, probabilities), rule.scores(g, probabilities))
        require(same, "the scores differ")
    if not rule.learns:
        with promise(rule, "a rule that does not learn has no state"):
            require(rule.state() == {}, f"it is {sorted(rule.state())}")


def _check_repeating(rule: AbstentionRule, fresh: AbstentionRule, images: Images) -> None:
    with promise(rule, "fitted on the same images it becomes the same"):
        fresh.fit(*images)
        require(fresh.state() == rule.state(), "the state differs")


def _check_few(rule: AbstentionRule, images: Images) -> None:
    g, probabilities, harm = images
    with promise(rule, "a single image is enough to be fitted on"):
        rule.fit(g[:1], probabilities[:1], harm[:1])
        require(bool(np.isfinite(rule.scores(g, probabilities)).all()), "a score is not finite")


def _check_refusals(rule: AbstentionRule, images: Images) -> None:
    if not rule.learns:
        return
    g, probabilities, harm = images
    cases = {
        "no image at all": (g[:0], probabilities[:0], harm[:0]),
        "descriptors of fewer images": (g[1:], probabilities, harm),
        "harm that is not finite": (g, probabilities, np.full_like(harm, np.nan)),
    }
    for what, sample in cases.items():
        with promise(rule, f"to fit it on {what} is refused with a DataError"):
            try:
                rule.fit(*sample)
            except DataError:
                continue
            require(False, "it was fitted")
