"""Text is escaped where it enters HTML, and nowhere else."""

from __future__ import annotations

import pytest

from moei_toolkit.report.markup import Markup, element, join, slug


def test_text_is_escaped_and_markup_is_not():
    inner = element("b", "1 < 2")
    assert inner == "<b>1 &lt; 2</b>"
    assert element("p", "& ", inner) == "<p>&amp; <b>1 &lt; 2</b></p>"
    assert join("<", Markup("<br>")) == "&lt;<br>"


def test_attributes():
    assert element("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'
    assert element("div", class_="a b", data_value="1", aria_hidden="true") == (
        '<div class="a b" data-value="1" aria-hidden="true"></div>'
    )
    assert element("details", open=True, hidden=False) == "<details open></details>"


def test_what_has_no_content_has_no_end():
    assert element("img", alt="a") == '<img alt="a">'


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Quality at equal budgets", "quality-at-equal-budgets"),
        ("  PSNR, dB (4K) ", "psnr-db-4k"),
        ("Über-Größe", "uber-groe"),
        ("../../etc", "etc"),
        ("雪", "untitled"),
        ("", "untitled"),
    ],
)
def test_names_made_of_titles(title, name):
    assert slug(title) == name
