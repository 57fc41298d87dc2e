"""What is written as the head of a card is what a YAML reader reads."""

from __future__ import annotations

import pytest
import yaml

from moei_toolkit.artifact.front_matter import front_matter


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"a": "no", "b": "1.0", "c": 1, "d": 0.5, "e": True, "f": None},
        {"a": "x: y", "b": "# z", "c": '"', "d": "'", "e": "é\n\t\\", "f": "", "g": " - "},
        {"a": "\x00\x7f\x80\x85\x9f", "b": "\u2028\u2029\ufeff\ufffe\uffff", "c": "\U0001f327"},
        {"a": 1e-05, "b": 1e22, "c": 1.5e-07, "d": -0.0},
        {"a": [], "b": {}, "c": [1, "two", [3, [4]]]},
        {"a": [{"b": {"c": [{"d": 1, "e": [2]}, {"d": 3}]}, "f": "g"}, {"h": None}], "i": {"j": {"k": "l"}}},
    ],
)
def test_it_comes_back_as_it_was(values):
    text = front_matter(values)
    assert text.startswith("---\n")
    assert text.endswith("\n---\n")
    assert (yaml.safe_load(text.removeprefix("---\n").removesuffix("---\n")) or {}) == values


def test_how_it_looks():
    assert front_matter({"a": [{"b": "c", "d": [1]}], "e": True}).splitlines() == [
        "---",
        "a:",
        '  - b: "c"',
        "    d:",
        "      - 1",
        "e: true",
        "---",
    ]


def test_a_number_that_is_none():
    with pytest.raises(ValueError, match="JSON compliant"):
        front_matter({"a": float("nan")})
