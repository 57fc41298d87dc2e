"""Which sockets processes listen on, as Linux tells it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "MOEI_TEST_MARK"
"""A variable that marks a process, and all that it starts."""

_LISTENS = "0A"


def marked_processes(mark: str) -> list[int]:
    """The processes that were started with a mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def listening(processes: list[int]) -> set[tuple[str, int]]:
    """Address and port of every TCP socket that one of some processes listens on."""
    own = {socket for process in processes for socket in _sockets_of(process)}
    return {(address, port) for socket, address, port in _all_listening() if socket in own}


def _sockets_of(process: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(OSError):
            if match := re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink())):
                yield match[1]


def _all_listening() -> Iterator[tuple[str, str, int]]:
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == _LISTENS:
                address, port = local.split(":")
                yield inode, _readable(address), int(port, 16)


def _readable(address: str) -> str:
    """Return an address that is written as words of four bytes, each in the order of the processor."""
    words = (bytes.fromhex(address[at : at + 8])[::-1] for at in range(0, len(address), 8))
    found = ipaddress.ip_address(b"".join(words))
    return str(getattr(found, "ipv4_mapped", None) or found)
