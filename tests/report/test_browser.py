"""The page in a real browser: it sorts, slides, fits telephones and paper, and never complains."""

from __future__ import annotations

import json

import numpy as np
import pytest

from moei_toolkit.io.images.writing import write_image
from moei_toolkit.report.blocks.details import Details
from moei_toolkit.report.blocks.headline import BigNumber, Headline
from moei_toolkit.report.blocks.layout import Grid, Section
from moei_toolkit.report.blocks.slider import Slider, Version
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.content import sections_of
from moei_toolkit.report.figures.estimates import Estimate
from moei_toolkit.report.figures.pareto import pareto
from moei_toolkit.report.figures.provenance import MadeStage, provenance
from moei_toolkit.report.figures.quality import quality_by_weather
from moei_toolkit.report.figures.severity import severity_curves
from moei_toolkit.report.html import render_report
from moei_toolkit.report.opening import headline_of
from moei_toolkit.report.pictures import embed_picture
from moei_toolkit.report.tables.table import Table

GAINS = ["+0.56 dB", "-1.20 dB", "-", "+10.00 dB", "+0.56 dB"]
NAMES = ["O10", "O9", "O1", "O2", "O11"]
LONG = "a reason that goes on and on, as reasons do, until it is wider than any telephone"
PHONE = 390


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def slider(folder):
    versions = []
    for name, level in (("input", 0.2), ("dense", 0.4), ("MoE-I", 0.6), ("clean", 0.8)):
        write_image(folder / f"{name}.png", np.full((3, 60, 90), level, np.float32))
        versions.append(Version(name, "20.00 dB", embed_picture(folder / f"{name}.png")))
    return Slider("photo", LONG, versions, 0, 2)


@pytest.fixture(scope="module")
def report(folder, slider):
    """A page with few blocks, whose texts are as long as they come."""
    rows = [[name, gain, "fail: " + LONG, "x" * 40] for name, gain in zip(NAMES, GAINS, strict=True)]
    quality = {
        weather: {"dense": Estimate(20, 19, 21), "MoE-I": Estimate(22)} for weather in ("rain", "haze")
    }
    policies = ["input", "dense", "dense-equal", "MoE-I", "oracle", *(f"expert.{name}" for name in NAMES)]
    severity = {"rain": {policy: [22.0, 20.0] for policy in policies}}
    stages = [MadeStage("data", "a" * 64, 3.0, []), MadeStage("dense", "b" * 64, 90.0, ["data"])]
    sections = [
        Section(
            "Objectives", [SortableTable(Table("Gains", ["name", "gain", "verdict", "more"], rows, LONG))]
        ),
        Section(
            "Quality",
            [
                quality_by_weather(quality),
                severity_curves(severity, {"rain": [3, 4]}, ["light", "heavy"]),
                pareto([], "latency, s"),
                provenance(stages),
            ],
        ),
        Section(
            "Images",
            [Grid([slider] * 3, "rain"), Details("Config", "x" * 500)],
        ),
    ]
    numbers = [BigNumber("+0.56", "dB", LONG), BigNumber("7 of 11", "", "passed")] * 3
    path = folder / "report.html"
    path.write_text(render_report(Headline("T" * 60, LONG, numbers, LONG), sections, LONG), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def written(folder, slider, found_elsewhere, origin):
    """The page that a run writes."""
    sections = sections_of(found_elsewhere, origin, {"rain": [slider] * 3, "haze": [slider]})
    path = folder / "written.html"
    path.write_text(render_report(headline_of(found_elsewhere), sections, "Made by hand."), encoding="utf-8")
    return path


@pytest.fixture(params=["report", "written"])
def page(request):
    return request.getfixturevalue(request.param)


def column(tab, number: int) -> list[str]:
    return tab.run(f"[...document.querySelectorAll('tbody tr')].map(row => row.cells[{number}].textContent)")


def order(tab) -> list[str | None]:
    return tab.run("[...document.querySelectorAll('thead th')].map(head => head.getAttribute('aria-sort'))")


def test_numbers_sort_both_ways_and_back(open_tab, report):
    tab = open_tab(report)
    assert order(tab) == ["none"] * 4
    tab.click("th:nth-child(2) button")
    assert column(tab, 1) == ["-1.20 dB", "+0.56 dB", "+0.56 dB", "+10.00 dB", "-"]
    assert column(tab, 0) == ["O9", "O10", "O11", "O2", "O1"]
    assert order(tab) == ["none", "ascending", "none", "none"]
    tab.click("th:nth-child(2) button")
    assert column(tab, 1) == ["+10.00 dB", "+0.56 dB", "+0.56 dB", "-1.20 dB", "-"]
    assert order(tab) == ["none", "descending", "none", "none"]
    tab.click("th:nth-child(2) button")
    assert column(tab, 1) == GAINS
    assert order(tab) == ["none"] * 4


def test_a_keyboard_sorts_names_as_people_count(open_tab, report):
    tab = open_tab(report)
    tab.run("document.querySelector('th button').focus()")
    tab.press("Enter")
    assert column(tab, 0) == ["O1", "O2", "O9", "O10", "O11"]
    tab.press("Tab")
    tab.press("Enter")
    assert order(tab) == ["none", "ascending", "none", "none"]


def clip(tab) -> str:
    return tab.run("getComputedStyle(document.querySelector('.slider .before')).clipPath")


def shown(tab) -> list[str]:
    return tab.run("['before', 'after'].map(side => document.querySelector(`.slider .${side}`).dataset.name)")


def test_the_slider_moves_the_edge_between_two_pictures(open_tab, report):
    tab = open_tab(report)
    assert clip(tab) == "inset(0px 50% 0px 0px)"
    tab.click(".slider input", share=0.25)
    assert clip(tab) == "inset(0px 75% 0px 0px)"
    tab.press("ArrowRight")
    assert clip(tab) == "inset(0px 74% 0px 0px)"
    tab.press("End")
    assert clip(tab) == "inset(0px 0% 0px 0px)"
    said = tab.run("document.querySelector('.slider input').getAttribute('aria-valuetext')")
    assert said == "100% input, then MoE-I"
    others = tab.run("[...document.querySelectorAll('.before')].map(one => getComputedStyle(one).clipPath)")
    assert others[1:] == ["inset(0px 50% 0px 0px)"] * 2


def test_both_pictures_lie_exactly_over_each_other(open_tab, report):
    tab = open_tab(report)
    boxes = tab.run(
        "['.frame', '.before img', '.after img', '.frame input'].map(one => "
        "JSON.stringify(document.querySelector(one).getBoundingClientRect()))"
    )
    assert len(set(boxes)) == 1
    assert json.loads(boxes[0])["width"] == pytest.approx(1.5 * json.loads(boxes[0])["height"], abs=0.1)


CHOOSE = """(([select, value]) => {{
    select.value = value; select.dispatchEvent(new Event("change", {{ bubbles: true }}));
}})([document.querySelectorAll(".slider select")[{side}], "{name}"])"""


def test_any_two_versions_can_be_compared(open_tab, report):
    tab = open_tab(report)
    assert shown(tab) == ["input", "MoE-I"]
    tab.run(CHOOSE.format(side=1, name="clean"))
    assert shown(tab) == ["input", "clean"]
    tab.run(CHOOSE.format(side=0, name="clean"))
    assert shown(tab) == ["clean", "input"], "a picture is not compared with itself"
    visible = tab.run(
        "[...document.querySelector('.frame').querySelectorAll('img')]"
        ".filter(one => one.checkVisibility()).map(one => one.alt)"
    )
    assert sorted(visible) == ["clean", "input"]
    assert tab.run("[...document.querySelectorAll('.slider select')].slice(0, 2).map(one => one.value)") == [
        "clean",
        "input",
    ]


OUTSIDE = """[...document.querySelectorAll("body *")].filter(one => {
    if (one.parentElement.closest(".scroll, pre, svg") || one.matches("script")) return false;
    const box = one.getBoundingClientRect();
    return box.width && (box.left < 0 || box.right > innerWidth + 0.5);
}).map(one => one.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("width", [320, PHONE, 768, 1280, 1440])
def test_nothing_is_clipped_and_the_page_does_not_scroll_sideways(open_tab, page, width):
    tab = open_tab(page, width)
    assert tab.run("innerWidth") == width
    tab.run("document.querySelector('details').open = true")
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run(OUTSIDE) == []


@pytest.mark.parametrize(("width", "media"), [(320, ""), (PHONE, ""), (1280, ""), (688, "print")])
def test_numbers_fit_their_cells(open_tab, page, width, media):
    tab = open_tab(page, width, media=media)
    cells = tab.run(
        "[...document.querySelectorAll('.numbers > div')].map(one => [one.scrollWidth, one.clientWidth])"
    )
    assert len(cells) >= 5
    assert all(needed <= given for needed, given in cells)


def test_wide_tables_scroll_inside_their_box(open_tab, report):
    tab = open_tab(report, PHONE)
    assert tab.run("(box => box.scrollWidth > box.clientWidth)(document.querySelector('.scroll'))")
    tab.run("document.querySelector('.scroll').scrollLeft = 1000")
    first = tab.run("document.querySelector('tbody th').getBoundingClientRect().left")
    assert first >= 0, "the name of a row stays in sight"


@pytest.mark.parametrize("width", [320, PHONE])
def test_every_cell_of_the_cost_can_be_scrolled_to(open_tab, written, width):
    tab = open_tab(written, width)
    inside = tab.run(
        """(box => { box.scrollLeft = 1e6; const frame = box.getBoundingClientRect();
        return [...box.querySelectorAll("tr")].map(row => {
            const name = row.cells[0].getBoundingClientRect(), last = row.lastElementChild;
            const end = last.getBoundingClientRect();
            return end.right <= frame.right + 0.5 && end.left >= name.right - 0.5 && name.left >= frame.left
                && [...row.cells].every(cell => cell.scrollWidth <= cell.clientWidth);
        }); })(document.querySelector("#cost .scroll"))"""
    )
    assert len(inside) == 7
    assert all(inside), "the last column and the name of its row are seen side by side"
    assert tab.run("document.querySelectorAll('#cost svg').length") == 1


COVERED = """(box => {
    box.scrollIntoView({ block: "center", behavior: "instant" });
    const first = box.querySelector("th");
    return [...Array(200).keys()].filter(left => {
        box.scrollLeft = left;
        const { x, y, width, height } = first.getBoundingClientRect();
        return [0.1, 0.3, 0.5, 0.7, 0.9].some(share =>
            !first.contains(document.elementFromPoint(x + share * width, y + height / 2)));
    });
})(document.querySelector("#cost .scroll"))"""


def test_what_is_scrolled_away_passes_below_the_names(open_tab, written):
    assert open_tab(written, PHONE).run(COVERED) == []


CARDS = """[...document.querySelectorAll(".card")].map(card => {
    const box = card.getBoundingClientRect();
    return { left: box.left, right: box.right, cut: [...card.querySelectorAll("*")].filter(part => {
        const inner = part.getBoundingClientRect();
        return !part.checkVisibility() || inner.left < box.left || inner.right > box.right
            || inner.bottom > box.bottom || part.closest(".scroll");
    }).map(part => part.outerHTML) };
})"""


@pytest.mark.parametrize(
    ("width", "media", "columns"),
    [(320, "", 1), (PHONE, "", 1), (1280, "", 2), (1440, "", 2), (688, "print", 2)],
)
def test_all_of_every_objective_is_seen(open_tab, written, width, media, columns):
    cards = open_tab(written, width, media=media).run(CARDS)
    assert len(cards) == 11
    assert [card["cut"] for card in cards] == [[]] * 11
    assert all(card["right"] <= width for card in cards)
    assert len({card["left"] for card in cards}) == columns


def test_the_names_of_rows_leave_room_for_their_values(open_tab, written):
    tab = open_tab(written, PHONE)
    shares = tab.run(
        "[...document.querySelectorAll('.scroll')].map(box => "
        "box.querySelector('tbody th').offsetWidth / box.clientWidth)"
    )
    assert shares
    assert max(shares) < 0.8


BEYOND = """[...document.querySelectorAll("svg text")].filter(text => {
    const box = text.getBoundingClientRect(), whole = text.ownerSVGElement.getBoundingClientRect();
    return box.left < whole.left - 1 || box.right > whole.right + 1;
}).map(text => text.textContent)"""


def test_text_in_figures_stays_inside_them(open_tab, page):
    tab = open_tab(page, PHONE)
    assert tab.run("document.querySelectorAll('svg text').length") > 20
    assert tab.run(BEYOND) == []


def test_colours_follow_the_scheme(open_tab, report):
    tab = open_tab(report)
    colours = []
    for scheme in ("light", "dark"):
        tab.emulate(prefers_color_scheme=scheme)
        colours.append(
            tab.run(
                "[getComputedStyle(document.body).backgroundColor, "
                "getComputedStyle(document.querySelector('svg text')).fill]"
            )
        )
    assert colours == [
        ["rgb(255, 255, 255)", "rgb(27, 31, 36)"],
        ["rgb(20, 23, 28)", "rgb(231, 234, 239)"],
    ]


def test_paper_shows_pictures_side_by_side_and_no_controls(open_tab, report):
    tab = open_tab(report)
    tab.emulate("print", prefers_color_scheme="dark")
    hidden = tab.run(
        "['nav', '.choices', '.frame input', '.divider', 'figcaption a'].map(one => "
        "document.querySelector(one).checkVisibility())"
    )
    assert hidden == [False] * 5
    left, right = tab.run(
        "['.before', '.after'].map(one => document.querySelector(one).getBoundingClientRect().toJSON())"
    )
    assert left["right"] <= right["left"]
    assert left["top"] == right["top"]
    assert clip(tab) == "none"
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


CUT = """[...document.querySelectorAll("body *")].filter(one => {
    if (one.matches("script") || one.parentElement.closest("svg")) return false;
    const box = one.getBoundingClientRect();
    return box.width && (box.left < 0 || box.right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1
        && getComputedStyle(one).overflowX !== "visible");
}).map(one => one.outerHTML.slice(0, 80))"""
DARK = """[...document.querySelectorAll("body, body *")].filter(one => {
    const colour = getComputedStyle(one).backgroundColor.match(/[\\d.]+/g).map(Number);
    return (colour[3] ?? 1) > 0 && Math.min(...colour.slice(0, 3)) < 230;
}).map(one => one.outerHTML.slice(0, 80))"""
PAPER = 688
"""Pixels across a sheet of A4 between its margins."""


def test_paper_cuts_nothing_and_darkens_nothing(open_tab, page):
    tab = open_tab(page, PAPER, media="print", prefers_color_scheme="dark")
    tab.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert tab.run("innerWidth") == PAPER
    assert tab.run(CUT) == []
    assert tab.run(DARK) == []
    tab.emulate("screen", prefers_color_scheme="dark")
    assert tab.run(CUT), "wide tables scroll on a screen"
    assert tab.run(DARK), "the same page is dark on a screen"


def test_a_table_of_many_long_names_fits_on_paper(open_tab, tmp_path):
    names = [f"expert.{weather}_of_some_kind" for weather in "abcdefghijkl"]
    rows = [[f"weather_{name}", *["22.31"] * 12] for name in names]
    table = SortableTable(Table("Specialists", ["weather", *names], rows, ""))
    path = tmp_path / "wide.html"
    path.write_text(render_report(Headline("T", "F"), [Section("Quality", [table])]), encoding="utf-8")
    tab = open_tab(path, PAPER, media="print")
    assert tab.run(CUT) == []
    lines = tab.run(
        "[...document.querySelectorAll('td')].map(cell => { const range = document.createRange(); "
        "range.selectNodeContents(cell); return range.getClientRects().length; })"
    )
    assert lines == [1] * 144, "numbers stay whole"


def test_every_slider_is_two_whole_pictures_with_their_names_on_paper(open_tab, page):
    tab = open_tab(page, PAPER, media="print")
    shown = tab.run(
        "[...document.querySelectorAll('.slider')].map(slider => [...slider.querySelectorAll('.version')]"
        ".filter(one => one.checkVisibility()).map(one => ({ name: one.dataset.name, "
        "clip: getComputedStyle(one).clipPath, box: one.getBoundingClientRect().toJSON(), "
        "picture: one.querySelector('img').getBoundingClientRect().toJSON(), "
        "caption: one.querySelector('figcaption').getBoundingClientRect().toJSON() })))"
    )
    assert len(shown) >= 3
    for left, right in shown:
        assert (left["name"], right["name"]) == ("input", "MoE-I")
        assert left["box"]["right"] <= right["box"]["left"]
        for one in (left, right):
            assert one["clip"] == "none"
            assert one["picture"]["width"] == pytest.approx(1.5 * one["picture"]["height"], abs=0.5)
            assert one["caption"]["top"] >= one["picture"]["bottom"] - 0.5


def test_tables_are_plain_on_paper_and_short_ones_stay_whole(open_tab, page):
    tab = open_tab(page, PAPER, media="print")
    signs = tab.run(
        "[...document.querySelectorAll('thead button')].map(one => "
        "[getComputedStyle(one).display, getComputedStyle(one, '::after').content])"
    )
    assert signs
    assert {tuple(sign) for sign in signs} == {("contents", "none")}
    tables = tab.run(
        "[...document.querySelectorAll('.table')].map(one => "
        "[one.querySelectorAll('tr').length, getComputedStyle(one).breakInside])"
    )
    assert {kept for rows, kept in tables if rows < 20} == {"avoid"}


def test_without_script_everything_is_there(open_tab, report, tmp_path):
    plain = tmp_path / "plain.html"
    text = report.read_text(encoding="utf-8")
    plain.write_text(text[: text.index("<script>")], encoding="utf-8")
    tab = open_tab(plain, PHONE)
    assert tab.run("[...document.querySelectorAll('img')].every(image => image.checkVisibility())")
    assert tab.run("document.querySelectorAll('img').length") == 12
    assert tab.run("document.documentElement.scrollWidth") <= PHONE
    assert column(tab, 1) == GAINS


def test_the_data_behind_a_figure_is_complete(open_tab, report):
    tab = open_tab(report)
    text = tab.run("atob(document.querySelector('figcaption a').href.split('base64,')[1])")
    assert text.splitlines() == [
        "weather,policy,value,low,high",
        "rain,dense,20,19,21",
        "rain,MoE-I,22,,",
        "haze,dense,20,19,21",
        "haze,MoE-I,22,,",
    ]


def test_nothing_is_fetched_and_nothing_complains(open_tab, page):
    tab = open_tab(page)
    tab.click("th:nth-child(2) button")
    tab.click(".slider input", share=0.8)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert tab.run("document.querySelector('details').open")
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert not tab.run("document.querySelector('details').open")
    assert tab.complaints() == []
    assert {address.partition(":")[0] for address in tab.requests()} <= {"file", "data"}
    assert [address for address in tab.requests() if address.startswith("file:")] == [page.as_uri()]


def test_a_complaint_would_be_seen(open_tab, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<script>console.error('one'); missing();</script>", encoding="utf-8")
    assert len(open_tab(bad).complaints()) == 2


def test_scripts_of_strangers_do_not_run(open_tab, report, tmp_path):
    changed = tmp_path / "changed.html"
    text = report.read_text(encoding="utf-8")
    changed.write_text(text.replace("<main>", "<main><script>window.stranger = 1</script>"), encoding="utf-8")
    tab = open_tab(changed)
    assert tab.run("typeof stranger") == "undefined"
    assert tab.run("document.querySelectorAll('.slider.live').length") == 3
