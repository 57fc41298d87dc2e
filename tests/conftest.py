"""Ray is started once, for all tests that need it."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator

import pytest
from sockets import MARK


@pytest.fixture(scope="session")
def ray_here() -> Iterator[None]:
    """A Ray on the loopback interface only, whose processes carry a mark and can import what tests can."""
    from moei_toolkit.cluster.session import ray_session

    with pytest.MonkeyPatch.context() as patch, pytest.MonkeyPatch.context() as while_it_starts:
        patch.setenv(MARK, secrets.token_hex(8))
        while_it_starts.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        with ray_session():
            while_it_starts.undo()
            yield
