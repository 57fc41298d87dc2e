"""What is no confidence, or no outcome of a decision, is refused."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.reliability.confidence import checked_decisions, checked_outcomes


def test_lists_become_arrays():
    confidence, first, second = checked_outcomes([0, 1, 0.5], [3, -1, 0], np.float32([1, 2, 3]))
    assert confidence.dtype == first.dtype == second.dtype == np.float64
    assert first.tolist() == [3, -1, 0]


def test_a_rounding_above_certainty_is_certainty():
    assert checked_outcomes(np.float32([1.0000001]), [1])[0].tolist() == [1]


def test_truth_values_are_numbers():
    assert checked_decisions([0.5, 0.5], [True, False])[1].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("confidence", "correct", "word"),
    [
        ([], [], "length"),
        ([0.5], [1, 0], "length"),
        ([[0.5]], [[1]], "length"),
        (0.5, 1, "length"),
        ([np.nan], [1], "finite"),
        ([0.5], [np.nan], "finite"),
        ([0.5], [np.inf], "finite"),
        ([1.1], [1], "1.1"),
        ([-0.1], [1], "-0.1"),
        ([0.5], [0.5], "0 and 1"),
    ],
)
def test_what_is_no_sample_is_refused(confidence, correct, word: str):
    with pytest.raises(DataError, match=word):
        checked_decisions(confidence, correct)
