"""How policies and differences are told in tables, and how a table is written as text."""

from __future__ import annotations

from moei_toolkit.report_section import Table
from moei_toolkit.types import ACTUAL, TOP2

__all__ = ["Table", "as_markdown", "name_of", "signed"]

_NAMES = {ACTUAL: "MoE-I", TOP2: "Top-2"}


def name_of(policy: str) -> str:
    """Return what a policy is called in tables and figures."""
    return _NAMES.get(policy, policy)


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign, which is a plus where it rounds to zero."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def as_markdown(table: Table) -> str:
    """Return a table in Markdown."""
    lines = [table.header, ["---"] * len(table.header), *table.rows]
    body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"### {table.title}\n\n{body}\n\n{table.note}\n"
