from __future__ import annotations

import pytest

from moei_toolkit.cluster.allocation import Allocation


@pytest.fixture
def workers(ray_here: None) -> Allocation:
    """Two workers of one thread each."""
    return Allocation(workers=2, threads=1, cpus=1.0)
