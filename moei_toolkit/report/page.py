"""A report as one self-contained HTML file: no network, no script."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from moei_toolkit.report.tables import Table

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.strip { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .5rem; }
figure { margin: 0 0 1rem; } img { width: 100%; height: auto; display: block; }
.note, figcaption { color: #888; font-size: .875rem; }
"""


@dataclass(frozen=True)
class Strip:
    """Pictures of one test image, shown side by side.

    Attributes:
        title: Which image, and what was decided.
        pictures: Caption and file of each.
    """

    title: str
    pictures: Sequence[tuple[str, Path]]


def render_page(
    title: str, intro: str, tables: Sequence[Table], figures: Sequence[str], strips: Sequence[Strip]
) -> str:
    """Return the HTML of a report.

    Args:
        title: Heading.
        intro: One paragraph.
        tables: In order.
        figures: SVG elements, in order.
        strips: Pictures, embedded.
    """
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(intro)}</p>",
        *(_table(table) for table in tables),
        *(f"<figure>{figure}</figure>" for figure in figures),
        *(_strip(strip) for strip in strips),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.header)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return (
        f'<h2>{escape(table.title)}</h2><div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'
        f'<p class="note">{escape(table.note)}</p>'
    )


def _strip(strip: Strip) -> str:
    pictures = "".join(
        f'<figure><img alt="{escape(caption)}" src="{_data_uri(path)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for caption, path in strip.pictures
    )
    return f'<h3>{escape(strip.title)}</h3><div class="strip">{pictures}</div>'


def _data_uri(path: Path) -> str:
    kind = {".jpg": "jpeg", ".png": "png"}[path.suffix]
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
