"""Versions of one image, two of them at a time under a slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moei_toolkit.errors import DataError
from moei_toolkit.report.markup import Markup, element
from moei_toolkit.report.pictures import Picture


@dataclass(frozen=True)
class Version:
    """One version of an image.

    Attributes:
        name: Such as ``input``; short, as it names a choice.
        note: What is known of it, such as its PSNR.
        picture: Its pixels.
    """

    name: str
    note: str
    picture: Picture

    def html(self, shown: str) -> Markup:
        """Return it as HTML; ``shown`` is ``before``, ``after`` or ``other``."""
        return element(
            "figure",
            element(
                "img",
                src=self.picture.source,
                alt=self.name,
                width=str(self.picture.width),
                height=str(self.picture.height),
            ),
            element("figcaption", element("b", self.name), " ", self.note),
            class_=f"version {shown}",
            data_name=self.name,
        )


@dataclass(frozen=True)
class Slider:
    """Versions of one image to compare.

    Attributes:
        title: Which image it is.
        caption: What was decided about it.
        versions: Two or more, with different names and of one size.
        before: Number of the version on the left at first.
        after: Number of the version on the right at first.
    """

    title: str
    caption: str
    versions: Sequence[Version]
    before: int = 0
    after: int = 1

    def html(self) -> Markup:
        """Return it as HTML: all versions, of which a script makes a slider.

        Raises:
            DataError: If there is nothing to compare, or what is to be compared does not fit together.
        """
        self._check()
        shown = {self.before: "before", self.after: "after"}
        size = self.versions[0].picture
        frame = element(
            "div",
            *(version.html(shown.get(at, "other")) for at, version in enumerate(self.versions)),
            class_="frame",
            style=f"--ratio: {size.width} / {size.height}",
        )
        return element(
            "div",
            element("h4", self.title),
            frame,
            element("p", self.caption, class_="note"),
            class_="slider",
            role="group",
            aria_label=self.title,
        )

    def _check(self) -> None:
        count = len(self.versions)
        if not (0 <= self.before < count and 0 <= self.after < count and self.before != self.after):
            raise DataError(
                f"slider {self.title!r}: expected two different ones of {count} versions, got "
                f"{self.before} and {self.after}"
            )
        if len({version.name for version in self.versions}) < count:
            raise DataError(
                f"slider {self.title!r}: expected versions of different names, got "
                f"{[version.name for version in self.versions]}"
            )
        sizes = {(version.picture.width, version.picture.height) for version in self.versions}
        if len(sizes) > 1:
            raise DataError(f"slider {self.title!r}: expected versions of one size, got {sorted(sizes)}")
