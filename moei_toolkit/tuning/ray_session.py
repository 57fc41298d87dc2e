"""Starts Ray so that nothing phones home and nothing listens but on this machine, or joins a cluster."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moei_toolkit.errors import ConfigError

_QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
}
_ALONE = {
    # Where that is 0, and not only on the systems of its name, Ray listens on the loopback interface only.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Else workers would wait for whatever else there is to do on the machine.
    "RAY_worker_niceness": "0",
}
_OBJECT_STORE = 100 * 2**20  # bytes; what goes through it are configs
_PROBED = "ray_bootstrap_config.yaml"


@contextmanager
def ray_session(address: str | None = None) -> Iterator[None]:
    """Have Ray while the context lasts; a session that is there already is used, and left as it is.

    Args:
        address: Of a cluster to join; on this machine alone if None.

    Raises:
        ConfigError: There is no cluster at the address.
    """
    for name, value in {**_QUIET, **({} if address else _ALONE)}.items():
        os.environ.setdefault(name, value)  # Ray reads some of them as it is imported
    import ray

    if ray.is_initialized():
        yield
        return
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        if address is None:
            _start(quiet)
        else:
            ray.init(address=address, **quiet)
    except ConnectionError as error:
        raise ConfigError(f"--address: expected a Ray cluster at {address!r}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()


def resources_of_each(concurrent: int) -> dict[str, float]:
    """Return the share of the processors that each of some concurrent trials gets; it fits on every node."""
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    share = {}
    for kind in ("CPU", "GPU"):
        there = [node.get(kind, 0.0) for node in nodes]
        wanted = min(sum(there) / concurrent, max(there))
        share[kind.lower()] = float(max(1, int(wanted))) if kind == "CPU" or wanted >= 1 else wanted
    return {kind: amount for kind, amount in share.items() if amount}


def _start(quiet: Mapping[str, Any]) -> None:
    """Start Ray on the loopback interface.

    As it starts, Ray asks for metadata of a cloud at addresses of its own, unless it finds the file of a
    cluster launcher at home. So it gets such a home, and its workers get the real one back. The token that
    keeps others of this machine out would be written there, too; it is handed on to the workers instead.
    """
    import ray

    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    home = os.environ.get("HOME")
    with TemporaryDirectory() as folder:
        Path(folder, _PROBED).write_text("{}\n", encoding="utf-8")
        os.environ["HOME"] = folder
        try:
            ray.init(
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE,
                runtime_env={"env_vars": {"HOME": home}} if home else None,
                **quiet,
            )
        finally:
            if home is None:
                del os.environ["HOME"]
            else:
                os.environ["HOME"] = home
