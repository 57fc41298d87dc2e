"""Ray is started once, for the tests of this folder."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator

import pytest
from sockets import MARK

from moei_toolkit.cluster.allocation import Allocation


@pytest.fixture(scope="package")
def workers() -> Iterator[Allocation]:
    """Two workers of one thread each, on a Ray whose processes carry a mark and can import what tests can."""
    from moei_toolkit.cluster.session import ray_session

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, secrets.token_hex(8))
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        with ray_session():
            yield Allocation(workers=2, threads=1, cpus=1.0)
