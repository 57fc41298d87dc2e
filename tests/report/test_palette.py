"""Colours can be read on their surface, told apart, and follow the scheme of the page."""

from __future__ import annotations

from itertools import combinations

import pytest

from moei_toolkit.report.figures.series import KNOWN, OTHERS, looks_of
from moei_toolkit.report.palette import PALETTE, as_variables, declarations, light

TEXT = ("ink", "muted", "accent", "good", "bad")
SERIES = ("blue", "vermilion", "green", "sky", "orange", "purple")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read(scheme):
    """WCAG AA asks for 4.5."""
    for surface in ("surface", "raised"):
        for name in TEXT:
            assert contrast(PALETTE[name][scheme], PALETTE[surface][scheme]) >= 4.5, (name, surface)


def test_lines_can_be_seen_in_the_dark():
    """WCAG AA asks for 3."""
    assert all(contrast(PALETTE[name][1], PALETTE["surface"][1]) >= 3 for name in SERIES)


def test_a_colour_is_found_by_its_value():
    values = [pair[0] for pair in PALETTE.values()]
    assert len(set(values)) == len(values)
    assert (
        as_variables(f"stroke: {light('blue')}; fill: #123456")
        == "stroke: var(--blue, #0072b2); fill: #123456"
    )
    assert as_variables("<text>scene #0072b2</text>") == "<text>scene #0072b2</text>"


def test_every_colour_is_declared_for_both_schemes():
    for dark in (False, True):
        assert all(f"--{name}: {pair[dark]};" in declarations(dark) for name, pair in PALETTE.items())


def test_no_two_policies_look_alike_in_colour_and_marker():
    looks = [*KNOWN.values(), *OTHERS]
    assert all(first != second for first, second in combinations(looks, 2))
    found = looks_of(["input", "expert.rain", "dense", "expert.snow", "MoE-I"])
    assert list(found) == ["input", "expert.rain", "dense", "expert.snow", "MoE-I"]
    assert len(set(found.values())) == 5
    assert found["MoE-I"] == looks_of(["MoE-I"])["MoE-I"]
