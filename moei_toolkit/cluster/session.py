"""Starts Ray so that nothing phones home and nothing listens but on this machine, or joins a cluster."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moei_toolkit.errors import ConfigError

AUTO = "auto"
"""The address of whatever cluster this machine belongs to."""

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
# One attempt, which takes less than a minute; twenty else, at whatever answers.
_JOINING = {"RAY_gcs_server_port_wait_time_s": "1"}
_OBJECT_STORE = 100 * 2**20  # bytes; what goes through it are configs and what is measured of images
_PROBED = "ray_bootstrap_config.yaml"
_PATIENCE = 5  # seconds


@contextmanager
def ray_session(address: str | None = None) -> Iterator[None]:
    """Have Ray while the context lasts; a session that is there already is used, and left as it is.

    Args:
        address: Of a cluster to join, HOST:PORT or `AUTO`; on this machine alone if None.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster that can be joined at the address.
    """
    if find_spec("ray") is None:
        raise ConfigError("expected Ray, which is not installed; pip install 'ray>=2.40'")
    if address is not None and address != AUTO:
        _require_answer(address)
    for name, value in {**_QUIET, **(_JOINING if address else _ALONE)}.items():
        os.environ.setdefault(name, value)  # Ray reads some of them as it is imported
    import ray

    if ray.is_initialized():
        yield
        return
    ending = signal.getsignal(signal.SIGTERM)
    if address is None:
        _start()
    else:
        _join(address)
    try:
        if signal.getsignal(signal.SIGTERM) is not ending:  # Ray has put one of its own in its place
            signal.signal(signal.SIGTERM, ending)
        yield
    finally:
        ray.shutdown()


def machines() -> list[Mapping[str, float]]:
    """Return what each machine of the session has, as Ray says it: ``"CPU"``, ``"GPU"`` and more."""
    import ray

    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _join(address: str) -> None:
    import ray

    try:
        _init(address=address)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ConfigError(f"expected a Ray cluster at {address!r} that can be joined: {reason}") from error


def _require_answer(address: str) -> None:
    """Raise ConfigError unless something listens at an address; Ray would try for minutes."""
    host, separator, port = address.rpartition(":")
    if not (separator and host and port.isdecimal()):
        raise ConfigError(f"expected the address of a Ray cluster, HOST:PORT or {AUTO}, got {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"expected a Ray cluster at {address!r}, nothing answers: {error}. "
            "`ray start --head --port PORT` starts one."
        ) from error


def _start() -> None:
    """Start Ray on the loopback interface.

    As it starts, Ray asks for metadata of a cloud at addresses of its own, unless it finds the file of a
    cluster launcher at home. So it gets such a home, and its workers get the real one back. The token that
    keeps others of this machine out would be written there, too; it is handed on to the workers instead.
    """
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    home = os.environ.get("HOME")
    with TemporaryDirectory() as folder:
        Path(folder, _PROBED).write_text("{}\n", encoding="utf-8")
        os.environ["HOME"] = folder
        try:
            _init(
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE,
                runtime_env={"env_vars": {"HOME": home}} if home else None,
            )
        finally:
            if home is None:
                del os.environ["HOME"]
            else:
                os.environ["HOME"] = home


def _init(**options: Any) -> None:
    import ray

    ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
