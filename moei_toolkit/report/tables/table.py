"""What a table is, and how its policies are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moei_toolkit.types import ACTUAL, TOP2

_NAMES = {ACTUAL: "MoE-I", TOP2: "Top-2"}


@dataclass(frozen=True)
class Table:
    """A titled table.

    Attributes:
        title: What it shows.
        header: Column names.
        rows: Cells, as text; the first column names the row.
        note: How to read it: units, colour space, what was averaged.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str


def name_of(policy: str) -> str:
    """Return what a policy is called in tables and figures."""
    return _NAMES.get(policy, policy)


def macro_label(weathers: int, mean: str = "macro") -> str:
    """Return what a mean over weathers is called; that over one is no mean."""
    return mean if weathers > 1 else f"{mean} (one weather)"


def as_markdown(table: Table) -> str:
    """Return a table in Markdown."""
    lines = [table.header, ["---"] * len(table.header), *table.rows]
    body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"### {table.title}\n\n{body}\n\n{table.note}\n"
