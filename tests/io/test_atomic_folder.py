"""A folder is there whole or as it was, whatever happens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic_folder import atomic_folder


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.txt")}


def write(path: Path, text: str) -> None:
    with atomic_folder(path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "a.txt").write_text(text)
        assert not path.exists() or content(path) != {"deep/a.txt": text}


def test_it_appears_when_the_block_ends(tmp_path):
    write(tmp_path / "new" / "folder", "one")
    assert content(tmp_path) == {"new/folder/deep/a.txt": "one"}


def test_it_takes_the_place_of_an_older_one_whole(tmp_path):
    write(tmp_path / "folder", "one")
    (tmp_path / "folder" / "more.txt").write_text("more")
    write(tmp_path / "folder", "two")
    assert content(tmp_path) == {"folder/deep/a.txt": "two"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_changes_when_the_block_fails(tmp_path, error):
    write(tmp_path / "folder", "one")

    def fail() -> None:
        with atomic_folder(tmp_path / "folder") as folder:
            (folder / "a.txt").write_text("two")
            raise error

    with pytest.raises(error):
        fail()
    assert content(tmp_path) == {"folder/deep/a.txt": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_old_one_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    write(tmp_path / "folder", "one")
    rename, calls = Path.rename, []

    def fail_second(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_second)
    with pytest.raises(StoreError, match=r"cannot write .*folder: Input/output error"):
        write(tmp_path / "folder", "two")
    assert content(tmp_path) == {"folder/deep/a.txt": "one"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_file_in_the_way_of_the_folder_above(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="cannot write"):
        write(tmp_path / "file" / "folder", "one")


KILLED = """
import os, sys
from pathlib import Path
from moei_toolkit.io.atomic_folder import atomic_folder

with atomic_folder(Path(sys.argv[1])) as folder:
    (folder / "a.txt").write_text("half")
    os._exit(9)
"""


def test_a_process_that_is_killed_leaves_what_was_there(tmp_path):
    write(tmp_path / "folder", "one")
    for name in ("folder", "new"):
        assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / name)]).returncode == 9
    assert content(tmp_path / "folder") == {"deep/a.txt": "one"}
    assert not (tmp_path / "new").exists()
    assert len(list(tmp_path.glob(".tmp-*"))) == 2


def test_what_it_left_goes_when_the_folder_is_written_again(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "folder")], check=False)
    assert [path.name for path in tmp_path.glob(".tmp-*/*")] == ["a.txt"]
    write(tmp_path / "folder", "one")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_what_another_writer_is_at_stays(tmp_path):
    with atomic_folder(tmp_path / "folder") as folder:
        (folder / "a.txt").write_text("slow")
        write(tmp_path / "folder", "quick")
        assert content(tmp_path / "folder") == {"deep/a.txt": "quick"}
    assert content(tmp_path) == {"folder/a.txt": "slow"}
