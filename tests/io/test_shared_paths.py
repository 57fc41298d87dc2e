"""A machine that does not see what another sees is told so, by path and name."""

from __future__ import annotations

import re
import socket

import pytest

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import LEFTOVER_PREFIX
from moei_toolkit.io.shared_paths import SharedPaths, mark_in, shared_paths


def test_what_is_seen_here_is_seen_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with mark_in(tmp_path / "out" / "below") as mark:
        shared = shared_paths([mark.parent, mark.relative_to(tmp_path)])
        monkeypatch.chdir("/")
        shared.require()
    assert shared.paths == (str(mark.parent), str(mark))


def test_a_folder_of_the_same_name_is_not_the_same_folder(tmp_path):
    with mark_in(tmp_path / "out") as mark:
        shared = SharedPaths((str(mark.parent), str(mark)), "first.example")
    (tmp_path / "out").rename(tmp_path / "of another machine")
    (tmp_path / "out").mkdir()
    said = f"{mark}: expected on {socket.gethostname()} what first.example sees there, found nothing"
    with pytest.raises(StoreError, match=re.escape(said)):
        shared.require()


def test_a_mark_goes_and_would_be_swept_up_if_it_did_not(tmp_path):
    with mark_in(tmp_path) as mark:
        assert mark.name.startswith(LEFTOVER_PREFIX)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write"), mark_in(tmp_path / "file"):
        pass
