"""Reports whose drawings nobody looks at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moei_toolkit.report.figures.canvas import Panel


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """No report of a module draws anything: a drawing takes 0.2 s, and tests of figures look at them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Panel, "__call__", lambda _: "<svg></svg>")
        yield
