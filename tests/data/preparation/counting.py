"""How much work a preparation had."""

from __future__ import annotations

from moei_toolkit.io.reporter import SilentReporter


class Counting(SilentReporter):
    """Remembers how much work there was."""

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}

    def progress(self, total, description):
        self.totals[description] = total
        return super().progress(total, description)
