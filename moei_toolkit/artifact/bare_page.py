"""The page of a report without what cannot be compared: drawings, pictures, and where the run came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from moei_toolkit.report.contribution import Contribution
from moei_toolkit.report.markup import join

_DRAWN = "clipPath|circle|defs|g|image|path|pattern|rect|text|tspan|use"
# What could lie over the rest of the page, or change its looks, is no drawing and stays.
_SVG = rf"<svg(?![^>]*\s(?:style|class|width|height)=)[^>]*>[^<]*(?:</?(?:{_DRAWN})\b[^>]*>[^<]*)*</svg>\s*"
_DATA = r'href="data:text/csv;charset=utf-8;base64,[A-Za-z0-9+/=]*"'
_FIGURE = (
    r'<figure class="block chart"><h3>[^<]*</h3>(?:<p class="missing">[^<]*</p>|'
    r'<div class="panels of-\d+">(?:<div><svg></div>)+</div><figcaption>[^<]*'
    r'<a href="data" download="[^"]*" aria-label="[^"]*">Data \(CSV\)</a></figcaption>)</figure>'
)
_DETAILS = r'<details class="block"><summary>[^<]*</summary><pre tabindex="0">[^<]*</pre></details>'
_ORIGIN = (
    rf'<section id="training"><h2>Training</h2>{_FIGURE}</section>'
    rf'<section id="origin"><h2>Origin</h2>{_FIGURE}{_DETAILS}{_DETAILS}</section>'
)
_VERSION = (
    r'<figure class="version (?:before|after|other)" data-name="[^"]*">'
    r'<img src="data:image/[a-z]+;base64,[A-Za-z0-9+/=]*" alt="[^"]*" width="\d+" height="\d+">'
    r"<figcaption><b>[^<]*</b> [^<]*</figcaption></figure>"
)
_SLIDER = (
    r'<div class="slider" role="group" aria-label="[^"]*"><h4>[^<]*</h4>'
    rf'<div class="frame" style="--ratio: \d+ / \d+">(?:{_VERSION})+</div><p class="note">[^<]*</p></div>'
)
_PICTURES = (
    r'(<section id="pictures"><h2>Pictures</h2><p>[^<]*</p>)'
    rf'(?:<div class="block"><h3>[^<]*</h3><div class="grid">(?:{_SLIDER})+</div></div>)*(</section>)'
)
_MADE_BY = r'<footer class="note">Made by moei_toolkit [\w.+!-]+\.</footer>'


def bare_page(page: str, added: Sequence[Contribution]) -> str:
    """Return a page without what another machine may draw otherwise, or what an artifact does not hold.

    Drawings and the data behind them leave a mark. Pictures, the drawings of plugins, the sections on how the
    run was trained and where it came from, and the version that made the page are left out. What does not
    have exactly the form of one of these stays, and so does a second one.

    Args:
        page: HTML.
        added: What plugins have added.
    """
    page = re.sub(_SVG, "<svg>", page)
    page = re.sub(_DATA, 'href="data"', page)
    page = re.sub(_PICTURES, r"\1\2", page, count=1)
    page = re.sub(_ORIGIN, "", page, count=1)
    page = re.sub(_MADE_BY, "", page, count=1)
    for told in (join(*(block.html() for block in one.told())) for one in added if one.table):
        page = re.sub(rf"({re.escape(told)}){_FIGURE}(</section>)", r"\1\2", page, count=1)
    return page
