"""A process counts the cores that it was given."""

from __future__ import annotations

import os

from moei_toolkit.inference.machine.threads import thread_count
from moei_toolkit.io.environment import versions
from moei_toolkit.io.processors import usable_cores


def test_cores_of_others_do_not_count(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 5, 6}, raising=False)
    assert usable_cores() == thread_count(None) == versions()["processors"] == 3


def test_all_count_where_the_system_does_not_say(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert usable_cores() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1
