"""Ray keeps to this machine, tells nobody that it runs, and says what is wrong with an address."""

from __future__ import annotations

import ipaddress
import os
import re
import signal
import socket
from pathlib import Path

import pytest
from sockets import MARK, listening, marked_processes

from moei_toolkit.cluster import session
from moei_toolkit.cluster.session import machines, ray_session
from moei_toolkit.errors import ConfigError


def test_every_socket_of_every_process_is_on_the_loopback_interface(workers):
    import ray

    pids = [os.getpid(), *marked_processes(os.environ[MARK])]
    names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}
    assert {"gcs_server", "raylet"} <= names
    port = int(ray.get_runtime_context().gcs_address.rpartition(":")[2])
    sockets = listening(pids)
    assert port in {port for _, port in sockets}
    assert {address for address, _ in sockets if not ipaddress.ip_address(address).is_loopback} == set()


def test_a_socket_on_all_interfaces_would_be_seen():
    with socket.create_server(("", 0)) as server:
        assert ("0.0.0.0", server.getsockname()[1]) in listening([os.getpid()])


def test_nothing_is_told_and_nothing_is_shown(workers):
    import ray
    from ray._common.usage.usage_lib import usage_stats_enabled

    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert not usage_stats_enabled()
    assert not ray._private.worker._global_node.webui_url


def test_whoever_ends_the_process_is_heard_by_it_and_not_by_ray(workers):
    handler = signal.getsignal(signal.SIGTERM)  # of whatever command ran in this process before, or none
    assert not getattr(handler, "__module__", "").startswith("ray")


def test_one_machine_with_its_processors(workers):
    (machine,) = machines()
    assert machine["CPU"] == os.cpu_count()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("photos", "HOST:PORT or auto, got 'photos'"),
        ("ray://127.0.0.1:1", "nothing answers"),
        ("127.0.0.1:1", "expected a Ray cluster at '127.0.0.1:1', nothing answers"),
        ("127.0.0.1:99999", "nothing answers"),
    ],
)
def test_an_address_where_no_cluster_is(address, said):
    with pytest.raises(ConfigError, match=re.escape(said)), ray_session(address):
        pass


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install 'ray"), ray_session():
        pass
