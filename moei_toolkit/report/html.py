"""A report as one HTML file that needs nothing else: no network, no fonts, no other files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from moei_toolkit.report.blocks.headline import Headline
from moei_toolkit.report.blocks.layout import Section
from moei_toolkit.report.markup import Markup, element, slug
from moei_toolkit.report.script import SCRIPT
from moei_toolkit.report.style import STYLE


def render_report(headline: Headline, sections: Sequence[Section], footer: str = "") -> str:
    """Return a report as HTML.

    Everything is readable without script; with it tables sort and sliders slide. A policy inside the page
    makes the browser refuse any other script and anything from outside.

    Args:
        headline: The top.
        sections: In order; the table of contents names them.
        footer: What made the report; may be empty.

    Raises:
        DataError: If a block cannot be shown as given.
    """
    anchors = _anchors([section.title for section in sections])
    links = [
        element("li", element("a", section.title, href=f"#{anchor}"))
        for section, anchor in zip(sections, anchors, strict=True)
    ]
    contents = element("nav", element("ol", *links), aria_label="Contents")
    main = element("main", *(section.html(anchor) for section, anchor in zip(sections, anchors, strict=True)))
    body = element(
        "body",
        element(
            "div",
            headline.html(),
            *([contents] if sections else []),
            main,
            *([element("footer", footer, class_="note")] if footer else []),
            class_="page",
        ),
        element("script", Markup(SCRIPT)),
    )
    return f"<!doctype html>\n{element('html', _head(headline.title), body, lang='en')}\n"


def _head(title: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("link", rel="icon", href="data:,"),  # else a browser would ask the server for one
        element("title", title),
        element("style", Markup(STYLE)),
    )


def _anchors(titles: Sequence[str]) -> list[str]:
    """Return a name for every title, no two alike."""
    names: list[str] = []
    for title in titles:
        name = plain = slug(title)
        number = 2
        while name in names:
            name, number = f"{plain}-{number}", number + 1
        names.append(name)
    return names
