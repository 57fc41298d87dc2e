"""A process that is killed while it changes the file system, for every such moment in turn."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection

CHANGES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink")
"""What Python tells audit hooks of, whichever way pathlib takes; ``os.replace`` is an ``os.rename`` too."""


def in_child(work: Callable[[], object]) -> int:
    """Run ``work`` in a forked process and return how it ended."""
    child = os.fork()
    if child == 0:
        work()
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at(call: int, changes: Collection[str] = CHANGES, with_fsync: bool = True) -> None:
    """Kill this process before its ``call``-th change to the file system."""
    left, real = call, os.fsync

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def fsync(descriptor: int) -> None:
        count()
        real(descriptor)

    sys.addaudithook(lambda event, _: count() if event in changes else None)
    if with_fsync:
        os.fsync = fsync
