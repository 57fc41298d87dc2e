"""Pages are alike but for what is drawn, shown as a picture, or says where a run came from."""

from __future__ import annotations

import pytest

from moei_toolkit.artifact.bare_page import bare_page
from moei_toolkit.report.blocks.details import Details
from moei_toolkit.report.blocks.figure import Figure
from moei_toolkit.report.blocks.headline import Headline
from moei_toolkit.report.blocks.layout import Grid, Section
from moei_toolkit.report.blocks.slider import Slider, Version
from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.figures.canvas import Panel
from moei_toolkit.report.html import render_report
from moei_toolkit.report.pictures import Picture
from moei_toolkit.report_section import Table

ADDED = [
    Contribution(r"More \1", "Added by a plugin.", ["Words."], Table("Numbers", ["a"], [["1"]], "A note."))
]


def figure(value: float) -> Figure:
    drawn = Panel("A drawing", 2.0, lambda axes: axes.plot([0, value], [0, 1], label="<&>"))
    return Figure("A figure", "How to read it.", [drawn], ["a"], [[value]])


def page(value: float | None, version: str = "1.0") -> str:
    """A page with a drawing; where there is a value also with all that an artifact cannot hold."""
    origin = Figure("Stages", "Arcs.", [], ["a"], []) if value is None else figure(value)
    pictures = [
        Version(name, "20 dB", Picture("data:image/jpeg;base64,QUJD", 4, 3)) for name in ("in", "out")
    ]
    grids = (
        [] if value is None else [Grid([Slider("best: <one>", "route", pictures)] * 2, name) for name in "ab"]
    )
    details = "" if value is None else f"{value} <b>"
    sections = [
        Section("Quality", [figure(value or 1.0)]),
        Section("Pictures", grids, "The best."),
        Section("Training", [origin]),
        Section("Origin", [origin, Details("Configuration", details), Details("Environment", details)]),
        *(one.section(None if value is None else figure(value)) for one in ADDED),
    ]
    return render_report(Headline("A run", "It restores."), sections, f"Made by moei_toolkit {version}.")


def test_what_cannot_be_compared_makes_no_difference():
    bare = bare_page(page(None), ADDED)
    assert "Words." in bare
    assert bare_page(page(2.0, "2.0rc1"), ADDED) == bare
    assert bare_page(page(3.0), ADDED) == bare


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<b>in</b>", "<b>in</b><h1>All passed</h1>"),
        ("<pre ", "<h1>All passed</h1><pre "),
        ("</svg>", "<foreignObject><h1>All passed</h1></foreignObject></svg>"),
        ("<svg ", '<svg width="9999" '),
        ("How to read it.", "How to read it.<br>"),
        ("How to read it.", "All passed."),
    ],
)
def test_anything_else_in_their_places_does(old, new):
    honest = page(2.0)
    assert old in honest
    assert bare_page(honest.replace(old, new, 1), ADDED) != bare_page(honest, ADDED)


def test_a_second_one_stays():
    honest = page(2.0)
    start, end = honest.index('<section id="training">'), honest.index('<section id="more')
    twice = honest[:end] + honest[start:]
    assert bare_page(twice, ADDED) != bare_page(honest, ADDED)
