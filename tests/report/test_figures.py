"""Figures show the numbers they are given, hand them out again, and are the same bytes every time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import rc_context, rcParams
from scipy.stats import norm

from moei_toolkit.evaluation.reliability.bins import ReliabilityBin
from moei_toolkit.report.figures.coverage import coverage_curves
from moei_toolkit.report.figures.differences import quality_differences
from moei_toolkit.report.figures.effects import effects
from moei_toolkit.report.figures.estimates import Estimate
from moei_toolkit.report.figures.parallel import parallel_coordinates
from moei_toolkit.report.figures.pareto import pareto, pareto_front
from moei_toolkit.report.figures.provenance import MadeStage, in_words, provenance
from moei_toolkit.report.figures.quality import quality_by_weather
from moei_toolkit.report.figures.reliability import reliability_diagram
from moei_toolkit.report.figures.severity import severity_curves
from moei_toolkit.report.figures.training import training_curves
from moei_toolkit.report.figures.utilization import utilization_histogram

BINS = [
    ReliabilityBin(0.0, 0.5, 0, 0.0, 0.0),
    ReliabilityBin(0.5, 0.75, 4, 0.6, 0.5),
    ReliabilityBin(0.75, 1.0, 8, 0.9, 1.0),
]
CURVE = (
    np.array([0.9, 0.6, 0.4]),
    np.array([0.2, 0.6, 1.0]),
    np.array([1.0, 0.8, 0.7]),
    np.array([21, 22, 21.5]),
)
QUALITY = {
    "rain": {"dense": Estimate(26.7, 25.1, 28.2), "MoE-I": Estimate(27.1)},
    "haze": {"dense": Estimate(15)},
}
DIFFERENCES = {"over dense-equal": {"rain": Estimate(0.4, -0.1, 0.9), "macro": None}}
ORACLE = {"rain": {"rain": 3, "haze": 1}, "haze": {"haze": 4}}
ACTUAL = {"rain": {"rain": 2, "dense": 2}, "haze": {"haze": 4}}
SEVERITY = {"rain": {"input": [25.0, None, 20.0], "MoE-I": [27.0, None, 23.0]}}
POINTS = [("dense", 10.0, 22.0), ("MoE-I", 10.5, 23.0), ("wider", 20.0, 22.5)]
HISTORIES = {"dense": [{"iteration": 4, "psnr": 20.0}, {"iteration": 8, "psnr": 21.5}], "new": []}
STAGES = [
    MadeStage("data", "a" * 64, 61.4, []),
    MadeStage("dense", "b" * 64, 3723.0, ["data"]),
    MadeStage("evaluate", "c" * 64, 0.25, ["data", "dense", "elsewhere"]),
]
EFFECTS = {"beta": {"beta 50": Estimate(0.4, 0.1, 0.9), "beta 80": None}, "tau": {"tau 0.5": Estimate(-0.2)}}
LINES = [
    ("as it is", {"r": 1 / 16, "tau": None}, 22.5),
    ("best", {"r": 1 / 32, "tau": 0.5}, 23.25),
    ("worst", {"r": 1 / 32, "tau": None}, 21.0),
]

FIGURES = {
    "reliability": lambda: reliability_diagram(BINS),
    "coverage": lambda: coverage_curves(*CURVE, dense=20.5, trusted=0.6),
    "quality": lambda: quality_by_weather(QUALITY),
    "differences": lambda: quality_differences("Rivals", DIFFERENCES, ""),
    "utilization": lambda: utilization_histogram(ORACLE, ACTUAL),
    "severity": lambda: severity_curves(SEVERITY, {"rain": [3, 0, 2]}, ["light", "medium", "heavy"]),
    "pareto": lambda: pareto(POINTS, "latency, s"),
    "training": lambda: training_curves(HISTORIES),
    "effects": lambda: effects(EFFECTS, "the config as it is"),
    "parallel": lambda: parallel_coordinates(LINES, {"r": [1 / 32, 1 / 16], "tau": [None, 0.5]}, "PSNR, dB"),
    "provenance": lambda: provenance(STAGES),
}


@pytest.fixture(scope="module")
def drawn():
    return {name: make() for name, make in FIGURES.items()}


def svgs(figure) -> list[str]:
    return [draw() for draw in figure.panels]


def texts(figure) -> list[str]:
    return [text for svg in svgs(figure) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_numbers_give_the_same_bytes(drawn, name):
    assert FIGURES[name]().html() == drawn[name].html()


def test_whoever_else_uses_matplotlib_changes_nothing(drawn):
    with rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path"}):
        theirs = FIGURES["coverage"]().html()
        assert rcParams["font.size"] == 30
    assert theirs == drawn["coverage"].html()


@pytest.mark.parametrize("name", FIGURES)
def test_undrawn_it_has_the_same_form(drawn, name):
    form = re.sub(r"<svg.*?</svg>\s*", "<svg></svg>", drawn[name].html(), flags=re.DOTALL)
    assert drawn[name].undrawn().html() == form


@pytest.mark.parametrize("name", FIGURES)
def test_drawings_are_named_scale_and_follow_the_page(drawn, name):
    assert drawn[name].panels
    for svg in svgs(drawn[name]):
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert root.get("viewBox")
        assert root.get("width") is None
        assert set(re.findall(r"(?<!, )#[0-9a-f]{6}\b", svg)) == set(), "a colour that does not follow"
        assert "<metadata" not in svg
        assert "<style" not in svg


def test_no_two_drawings_share_an_id(drawn):
    found = [set(re.findall(r'\bid="([^"]*)"', svg)) for figure in drawn.values() for svg in svgs(figure)]
    assert sum(map(len, found)) == len(set().union(*found)) > 0


def test_every_row_fits_its_header(drawn):
    for figure in drawn.values():
        assert figure.rows
        assert all(len(row) == len(figure.header) for row in figure.rows)


def test_reliability_counts_decisions_and_bounds_their_accuracy(drawn):
    figure = drawn["reliability"]
    assert [row[:5] for row in figure.rows] == [
        (0.0, 0.5, 0, None, None),
        (0.5, 0.75, 4, 0.6, 0.5),
        (0.75, 1.0, 8, 0.9, 1.0),
    ]
    assert {"4", "8", "confidence", "accuracy"} <= set(texts(figure))
    z = norm.ppf(0.975)
    assert figure.rows[1][5:] == pytest.approx(
        [0.5 - z / (4 + z**2) ** 0.5 / 2, 0.5 + z / (4 + z**2) ** 0.5 / 2]
    )
    assert figure.rows[2][5:] == pytest.approx([8 / (8 + z**2), 1.0])


def test_many_decisions_are_counted_too():
    assert "12345" in texts(reliability_diagram([ReliabilityBin(0.0, 1.0, 12345, 0.5, 0.5)]))


def test_coverage_hands_out_its_curves(drawn):
    assert drawn["coverage"].rows == [tuple(map(float, row)) for row in zip(*CURVE, strict=True)]
    assert "60.0%" in drawn["coverage"].caption


def test_quality_by_weather_and_policy(drawn):
    assert drawn["quality"].rows == [
        ("rain", "dense", 26.7, 25.1, 28.2),
        ("rain", "MoE-I", 27.1, None, None),
        ("haze", "dense", 15, None, None),
    ]
    assert {"rain", "haze", "dense", "MoE-I", "26.70", "27.10", "15.00", "PSNR, dB"} <= set(
        texts(drawn["quality"])
    )


def test_whiskers_are_explained_where_there_are_some(drawn):
    assert "Whiskers" in drawn["quality"].caption
    assert "Whiskers" in drawn["differences"].caption
    assert "Whiskers" not in quality_by_weather({"rain": {"dense": Estimate(20.0)}}).caption


def test_what_was_not_compared_says_so(drawn):
    assert drawn["differences"].rows == [
        ("over dense-equal", "rain", 0.4, -0.1, 0.9),
        ("over dense-equal", "macro", None, None, None),
    ]
    assert {"+0.40", "not measured"} <= set(texts(drawn["differences"]))


def test_utilization_counts_every_route_of_either(drawn):
    assert drawn["utilization"].rows == [
        ("rain", "rain", 3, 2),
        ("rain", "haze", 1, 0),
        ("rain", "dense", 0, 2),
        ("haze", "rain", 0, 0),
        ("haze", "haze", 4, 4),
        ("haze", "dense", 0, 0),
    ]
    assert {"75", "25", "50", "100"} <= set(texts(drawn["utilization"]))


def test_severity_leaves_gaps_where_there_are_no_images(drawn):
    assert drawn["severity"].rows == [
        ("rain", "light", 3, "input", 25.0),
        ("rain", "light", 3, "MoE-I", 27.0),
        ("rain", "medium", 0, "input", None),
        ("rain", "medium", 0, "MoE-I", None),
        ("rain", "heavy", 2, "input", 20.0),
        ("rain", "heavy", 2, "MoE-I", 23.0),
    ]
    assert {"light", "3 images", "0 images", "input", "MoE-I"} <= set(texts(drawn["severity"]))


def test_pareto_marks_what_nothing_else_beats(drawn):
    assert drawn["pareto"].rows == [
        ("dense", 10.0, 22.0, "yes"),
        ("MoE-I", 10.5, 23.0, "yes"),
        ("wider", 20.0, 22.5, "no"),
    ]


def test_the_front_is_what_the_definition_says():
    draw = np.random.default_rng(0).integers
    points = [(str(at), float(draw(6)), float(draw(6))) for at in range(60)]

    def beaten(point):
        return any(
            other[1] <= point[1] and other[2] >= point[2] and other[1:] != point[1:] for other in points
        )

    front = pareto_front(points)
    assert set(front) == {point for point in points if not beaten(point)}
    assert [point[1] for point in front] == sorted(point[1] for point in front)


def test_training_shows_the_last_value(drawn):
    assert drawn["training"].rows == [("dense", 4, 20.0), ("dense", 8, 21.5)]
    assert {"dense", "new", "21.50 dB"} <= set(texts(drawn["training"]))


def test_provenance_names_stages_and_knows_their_inputs(drawn):
    figure = drawn["provenance"]
    assert figure.rows[2] == ("evaluate", "c" * 64, 0.25, "data dense elsewhere")
    assert {"data", "a" * 12, "1 min 1 s", "1 h 2 min", "0.2 s"} <= set(texts(figure))


def arcs(stages) -> list[str]:
    """The colours of all curves but the dots, which are blue."""
    svg = "".join(svgs(provenance(stages)))
    found = re.findall(r'd="M[^"]*C[^"]*"[^>]*stroke: var\(--(\w+)', svg)
    return sorted(colour for colour in found if colour != "blue")


def test_an_arc_is_faint_where_others_lead_there_too():
    first, second = MadeStage("a", "0", 1.0, []), MadeStage("b", "1", 1.0, ["a"])
    assert arcs([first, second, MadeStage("c", "2", 1.0, ["b"])]) == ["muted", "muted"]
    assert arcs([first, second, MadeStage("c", "2", 1.0, ["a", "b"])]) == ["line", "muted", "muted"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (3599.6, "1 h 0 min")]
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize(
    "figure",
    [
        quality_by_weather({}),
        quality_differences("Rivals", {}, "None."),
        utilization_histogram({}, {}),
        severity_curves({}, {}, []),
        pareto([], "latency, s"),
        training_curves({}),
        provenance([]),
    ],
    ids=lambda figure: figure.title,
)
def test_nothing_to_show_is_said(figure):
    assert not figure.panels
    assert not figure.rows
    assert figure.missing


def test_names_are_text_not_formulas():
    figure = training_curves({"a$b_c$ <i>": HISTORIES["dense"]})
    assert "a$b_c$ &lt;i&gt;" in texts(figure)


def test_effects_stand_by_factor_with_their_intervals(drawn):
    figure = drawn["effects"]
    assert figure.rows == [
        ("beta", "beta 50", 0.4, 0.1, 0.9),
        ("beta", "beta 80", None, None, None),
        ("tau", "tau 0.5", -0.2, None, None),
    ]
    assert {"beta 50", "+0.40", "not measured", "-0.20"} <= set(texts(figure))
    assert figure.caption.startswith("Against the config as it is; right of zero is better. Whiskers")
    assert effects({}, "x").panels == []


def test_parallel_lines_end_where_they_got(drawn):
    figure = drawn["parallel"]
    assert figure.header == ("variant", "r", "tau", "PSNR, dB")
    assert figure.rows == [
        ("worst", "0.03125", "None", 21.0),
        ("as it is", "0.0625", "None", 22.5),
        ("best", "0.03125", "0.5", 23.25),
    ]
    assert {"r", "tau", "PSNR, dB", "0.0625", "21.00", "23.25"} <= set(texts(figure))
    assert "22.50" not in texts(figure), "only the ends of an axis are numbered"


def test_the_best_line_is_the_one_that_was_chosen():
    figure = parallel_coordinates(
        [("chosen", {"r": 1}, 20.0), ("higher", {"r": 2}, 21.0)], {"r": [1, 2]}, "PSNR, dB", "chosen"
    )
    assert [row[0] for row in figure.rows] == ["higher", "chosen"], "the last one is drawn on top"
    assert {"20.00", "21.00"} <= set(texts(figure))


def test_an_axis_with_many_values_is_labelled_at_its_ends():
    values = [float(value) for value in range(1, 9)]
    lines = [(f"v{value:g}", {"beta": value}, value) for value in values]
    told = texts(parallel_coordinates(lines, {"beta": values}, "PSNR, dB"))
    assert {"1", "8"} <= set(told)
    assert "4" not in told
    (svg,) = svgs(parallel_coordinates(lines[:1], {"beta": [1.0]}, "PSNR, dB"))
    assert "<path" in svg
