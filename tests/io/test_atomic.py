import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import (
    LEFTOVER_PREFIX,
    atomic_path,
    atomic_write_bytes,
    atomic_write_json,
    atomic_write_text,
    beside,
    remove_leftovers,
    remove_leftovers_of,
)
from moei_toolkit.io.hashing import canonical_json, sha256_bytes, sha256_file, sha256_json


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    atomic_write_text(path, "first é")
    assert path.read_text(encoding="utf-8") == "first é"
    atomic_write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    atomic_write_json(path, {"b": [1, 2.5, None], "a": "ü"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"b": [1, 2.5, None], "a": "ü"}
    assert names(path.parent) == ["file.txt"]


def test_permissions_are_those_of_an_ordinary_file(tmp_path):
    (tmp_path / "ordinary").write_bytes(b"")
    atomic_write_bytes(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_long_name_can_be_written(tmp_path):
    path = tmp_path / ("n" * 250)
    atomic_write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    atomic_write_text(path, "old")

    def fail_halfway():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_not_a_number_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        atomic_write_json(tmp_path / "file", {"a": float("nan")})
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "replace")], ids=["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, code, owner, call):
    path = tmp_path / "file"
    atomic_write_text(path, "old")

    def full(*_):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, full)
        with pytest.raises(StoreError) as caught:
            atomic_write_text(path, "new")
    assert str(path) in str(caught.value)
    assert "GiB free" in str(caught.value)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot write"):
        atomic_write_text(tmp_path / "file" / "below", "x")


def test_another_error_inside_is_not_blamed_on_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "file"):
        (tmp_path / "missing").read_bytes()


def test_the_new_file_is_durable_before_it_takes_its_place(tmp_path, monkeypatch):
    calls = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor):
        calls.append(("fsync", stat.S_ISDIR(os.fstat(descriptor).st_mode)))
        real_fsync(descriptor)

    def replace(*paths):
        calls.append(("replace", None))
        real_replace(*paths)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    atomic_write_bytes(tmp_path / "file", b"x")
    assert calls == [("fsync", False), ("replace", None), ("fsync", True)]


def test_kill_while_writing_leaves_the_old_file_and_a_leftover_that_can_be_removed(tmp_path):
    path = tmp_path / "deep" / "file"
    atomic_write_text(path, "old")
    code = (
        "import os, pathlib, sys\n"
        "from moei_toolkit.io.atomic import atomic_path\n"
        "with atomic_path(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    assert path.read_text() == "old"
    removed = remove_leftovers(tmp_path)
    assert [item.name.startswith(LEFTOVER_PREFIX) for item in removed] == [True]
    assert names(path.parent) == ["file"]


def test_leftovers_of_one_file_are_those_of_no_other(tmp_path):
    mine, others = (
        tmp_path / "a[1].png",
        [tmp_path / "a1.png", tmp_path / "a[1].png.json", tmp_path / "a[1].png-b"],
    )
    for path in (mine, *others):
        beside(path).touch()
    mine.touch()
    remove_leftovers_of(mine)
    left = names(tmp_path)
    assert len(left) == 4
    assert left[-1] == mine.name
    for other in others:
        remove_leftovers_of(other)
    assert names(tmp_path) == [mine.name]


def test_hashes(tmp_path):
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256_bytes(b"") == empty
    (tmp_path / "big").write_bytes(b"a" * 3_000_000)
    assert sha256_file(tmp_path / "big") == sha256_bytes(b"a" * 3_000_000)


def test_canonical_json_depends_on_the_value_only():
    assert (
        canonical_json({"b": (1, 2), "a": {"d": None, "c": "é"}})
        == '{"a":{"c":"\\u00e9","d":null},"b":[1,2]}'
    )
    assert sha256_json({"a": 1, "b": [1]}) == sha256_json({"b": (1,), "a": 1})
    assert sha256_json({"a": 1}) != sha256_json({"a": 1.0})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("inf"))
