"""Long text that opens on demand."""

from __future__ import annotations

from dataclasses import dataclass

from moei_toolkit.report.markup import Markup, element


@dataclass(frozen=True)
class Details:
    """Text that opens on demand, such as a configuration.

    Attributes:
        title: What it is.
        text: Shown as it is, in a typewriter face.
    """

    title: str
    text: str

    def html(self) -> Markup:
        """Return it as HTML."""
        return element(
            "details", element("summary", self.title), element("pre", self.text, tabindex="0"), class_="block"
        )
