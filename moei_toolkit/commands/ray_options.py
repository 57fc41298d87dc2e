"""The options of commands that can spread their work over a Ray cluster."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from moei_toolkit.cli import CommandParser, parse_count
from moei_toolkit.errors import ConfigError, located

if TYPE_CHECKING:
    from moei_toolkit.cluster.allocation import Allocation

_HERE = "here"


def add_ray_options(parser: CommandParser) -> None:
    """Add ``--ray`` and ``--ray-workers``; see `ray_workers`."""
    parser.add_argument(
        "--ray",
        nargs="?",
        const=_HERE,
        metavar="ADDRESS",
        help="spread the work over a Ray cluster: HOST:PORT, auto, or nothing for one of this machine alone",
    )
    parser.add_argument(
        "--ray-workers",
        type=parse_count,
        metavar="N",
        help="of the cluster; by default one per GPU, or per machine of the smallest size",
    )


@contextmanager
def ray_workers(
    args: Namespace, threads: int | None = None, device: str | None = None
) -> Iterator[Allocation | None]:
    """Have the cluster that was asked for while the context lasts; None when there was none.

    Args:
        args: Parsed options.
        threads: Of each worker; all the cores it finds room on when None.
        device: ``"cpu"`` or ``"cuda"``; a GPU where there is one when None.

    Raises:
        ConfigError: Options do not go together, Ray is not installed, or there is no such cluster.
    """
    if args.ray is None:
        if args.ray_workers is not None:
            raise ConfigError("--ray-workers: expected --ray, too")
        yield None
        return
    if device not in (None, "cpu", "cuda"):
        raise ConfigError(f"--device: expected cpu or cuda with --ray, which picks the GPU, got {device!r}")
    from moei_toolkit.cluster.allocation import allocate
    from moei_toolkit.cluster.session import machines, ray_session

    with ExitStack() as session:
        with located("--ray"):
            session.enter_context(ray_session(None if args.ray == _HERE else args.ray))
            there = machines()
            on_gpu = device == "cuda" or (device is None and any(machine.get("GPU") for machine in there))
            allocation = allocate(there, args.ray_workers, threads, on_gpu)
        yield allocation
