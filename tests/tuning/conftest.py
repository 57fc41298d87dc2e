from __future__ import annotations

import pytest


@pytest.fixture
def cluster(ray_here: None) -> str:
    """The address of a Ray."""
    import ray

    address: str = ray.get_runtime_context().gcs_address
    return address
