from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, threading
from moei_toolkit.inference.machine.one_heap import share_heap

if sys.argv[1] == "shared":
    share_heap()
malloc, found = ctypes.CDLL(None).malloc, []
malloc.restype = ctypes.c_void_p
thread = threading.Thread(target=lambda: found.append(malloc(ctypes.c_size_t(50_000))))
thread.start()
thread.join()
heap = next(line for line in open("/proc/self/maps") if line.rstrip().endswith("[heap]"))
first, last = (int(end, 16) for end in heap.split()[0].split("-"))
print(first <= found[0] < last)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives threads heaps of their own")
@pytest.mark.parametrize(("heaps", "is_of_main"), [("shared", True), ("own", False)])
def test_a_thread_allocates_where_the_main_one_does(heaps, is_of_main):
    command = [sys.executable, "-c", PROGRAM, heaps]
    assert subprocess.check_output(command, text=True).strip() == str(is_of_main)


def test_the_command_and_what_is_measured_share_theirs(monkeypatch):
    from moei_toolkit.bench.measuring import worker
    from moei_toolkit.commands import restore
    from moei_toolkit.inference.machine import one_heap

    class SharedError(Exception):
        pass

    def share() -> None:
        raise SharedError

    monkeypatch.setattr(one_heap, "share_heap", share)
    monkeypatch.setattr(worker, "share_heap", share)
    with pytest.raises(SharedError):
        restore.main(["photo.png"])
    with pytest.raises(SharedError):
        worker.main()


@pytest.mark.parametrize("name", ["darwin", "win32"])
def test_other_systems_are_left_alone(name, monkeypatch):
    from moei_toolkit.inference.machine import one_heap

    monkeypatch.setattr(one_heap.sys, "platform", name)
    monkeypatch.setattr(one_heap.ctypes, "CDLL", lambda *_: pytest.fail("called the C library"))
    one_heap.share_heap()
