"""Ray is started once, for the tests of this folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from fake_search import HELPERS


@pytest.fixture(scope="package")
def cluster() -> Iterator[str]:
    """The address of a Ray on the loopback interface only, whose workers can import the made-up stages."""
    from moei_toolkit.cluster.session import ray_session

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([*HELPERS, *sys.path]))
        with ray_session():
            import ray

            yield ray.get_runtime_context().gcs_address
