"""The contract of a calibrator."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from moei_toolkit.calibrators.base import Calibrator
from moei_toolkit.errors import DataError
from moei_toolkit.testing.contract import promise, require, require_no_torch, require_own_state


def check_calibrator(make: Callable[[], Calibrator], keeps_choice: bool = True, seed: int = 0) -> None:
    """Check every promise of `Calibrator`.

    Args:
        make: Builds a calibrator.
        keeps_choice: The most probable expert must stay the one of the largest logit, as it does under a
            temperature.
        seed: Of the logits.

    Raises:
        ContractError: Names the first promise found broken.
    """
    rng = np.random.default_rng(seed)
    for experts in (2, 3, 7):
        logits = rng.normal(0, 2, (60, experts))
        targets = np.array([rng.choice(experts, p=_softmax(row)) for row in logits / 3])
        calibrator = make()
        _check_probabilities(calibrator, logits, "before it is fitted")
        _check_fitting(calibrator, logits, targets)
        for scale in (1.0, 1e4):
            _check_probabilities(calibrator, scale * logits, f"for logits up to {scale * logits.max():.3g}")
        if keeps_choice:
            with promise(calibrator, "the most probable expert is the one of the largest logit"):
                moved = (calibrator.probabilities(logits).argmax(1) != logits.argmax(1)).sum()
                require(moved == 0, f"it is another one for {moved} of {len(logits)} images")
        _check_state(calibrator, make(), logits)
        require_own_state(calibrator)
    _check_few(make(), rng)
    _check_refusals(make())
    require_no_torch(calibrator, "probabilities", logits)


def _check_probabilities(calibrator: Calibrator, logits: np.ndarray, when: str) -> None:
    with promise(calibrator, f"there is a probability for each expert, and they sum to 1, {when}"):
        found = calibrator.probabilities(logits)
        require(found.shape == logits.shape, f"expected shape {logits.shape}, got {found.shape}")
        require(bool(((found >= 0) & (found <= 1)).all()), f"from {found.min()} to {found.max()}")
        worst = float(np.abs(found.sum(1) - 1).max())
        require(worst <= 1e-9, f"a sum is off by {worst:.3g}")
    with promise(calibrator, "an image is judged independently of its neighbours in the batch"):
        alone = np.concatenate([calibrator.probabilities(row[None]) for row in logits])
        require(np.allclose(alone, found, rtol=0, atol=1e-9), f"off by {np.abs(alone - found).max():.3g}")


def _check_fitting(calibrator: Calibrator, logits: np.ndarray, targets: np.ndarray) -> None:
    kept = logits.copy(), targets.copy()
    with promise(calibrator, "it can be fitted, and leaves what it is fitted on alone"):
        calibrator.fit(logits, targets)
        unchanged = np.array_equal(kept[0], logits) and np.array_equal(kept[1], targets)
        require(unchanged, "the logits or the targets changed")


def _check_state(calibrator: Calibrator, fresh: Calibrator, logits: np.ndarray) -> None:
    with promise(calibrator, "its state survives JSON"):
        fresh.load_state(json.loads(json.dumps(calibrator.state(), allow_nan=False)))
        same = np.array_equal(fresh.probabilities(logits), calibrator.probabilities(logits))
        require(same, f"the probabilities differ after {calibrator.state()}")


def _check_few(calibrator: Calibrator, rng: np.random.Generator) -> None:
    logits = rng.normal(0, 1, (1, 3))
    with promise(calibrator, "a single image is enough to be fitted on"):
        calibrator.fit(logits, logits.argmax(1))
        require(bool(np.isfinite(calibrator.probabilities(logits)).all()), "a probability is not finite")


def _check_refusals(calibrator: Calibrator) -> None:
    logits, targets = np.zeros((3, 2)), np.array([0, 1, 1])
    cases = {
        "no image at all": (logits[:0], targets[:0]),
        "logits of three images and targets of two": (logits, targets[:2]),
        "logits that are not finite": (np.full((3, 2), np.nan), targets),
        "a target that is no expert": (logits, targets + 1),
        "a target below 0": (logits, targets - 1),
    }
    for what, sample in cases.items():
        with promise(calibrator, f"to fit it on {what} is refused with a DataError"):
            try:
                calibrator.fit(*sample)
            except DataError:
                continue
            require(False, "it was fitted")


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum())
