"""Pairs to be prepared."""

from __future__ import annotations

from pathlib import Path

import pytest
from disk_layout import add_pair


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """The root of twelve pairs."""
    for number in range(12):
        add_pair(tmp_path / "root", f"s{number:02}", number)
    return tmp_path / "root"
