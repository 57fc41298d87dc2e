"""Zips of strangers are opened without harm, and ours are always the same."""

from __future__ import annotations

import os
import stat
import zipfile

import pytest

from moei_toolkit.artifact.archive import MOST_FILES, opened, zip_folder
from moei_toolkit.errors import StoreError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "b.txt").write_text("b" * 1000)
    (tmp_path / "in" / "deep" / "a.safetensors").write_bytes(bytes(range(256)))
    (tmp_path / "in" / "run.sh").write_text("true")
    return tmp_path / "in"


def refusal(path, **limits) -> str:
    with pytest.raises(StoreError) as caught, opened(path, **limits):
        pytest.fail("it was opened")
    return str(caught.value)


def make_zip(path, *members: zipfile.ZipInfo | str, data: bytes = b"x"):
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(member, data)
    return path


def of_kind(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_what_goes_in_comes_out(folder, tmp_path):
    zip_folder(folder, tmp_path / "a.zip")
    with opened(tmp_path / "a.zip") as out:
        found = {
            path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()
        }
    assert found == {
        "b.txt": b"b" * 1000,
        "deep/a.safetensors": bytes(range(256)),
        "run.sh": b"true",
    }
    assert not out.exists()


def test_bytes_do_not_depend_on_times_permissions_or_order(folder, tmp_path):
    zip_folder(folder, tmp_path / "a.zip")
    text = (folder / "b.txt").read_text()
    (folder / "b.txt").unlink()
    (folder / "b.txt").write_text(text)
    (folder / "b.txt").chmod(0o600)
    os.utime(folder / "run.sh", (1, 1))
    zip_folder(folder, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_scripts_can_be_run_and_nothing_else(folder, tmp_path):
    zip_folder(folder, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        modes = {info.filename: stat.S_IMODE(info.external_attr >> 16) for info in archive.infolist()}
    assert modes == {"b.txt": 0o644, "deep/a.safetensors": 0o644, "run.sh": 0o755}


def test_a_folder_is_yielded_as_it_is(folder):
    with opened(folder) as out:
        assert out == folder
    assert folder.exists()


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "a//b", "./a", "a\\b", "C:evil", "a\nb", "..", "a/..", "\x07"],
)
def test_names_that_lead_elsewhere(tmp_path, name):
    path = make_zip(tmp_path / "evil.zip", "good.txt", of_kind(name, stat.S_IFREG | 0o644))
    assert f"{name!r}: expected" in refusal(path)
    assert [path.name for path in tmp_path.iterdir()] == ["evil.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_plain_file(tmp_path, kind):
    path = make_zip(tmp_path / "evil.zip", of_kind("link", kind | 0o777), data=b"/etc/passwd")
    assert "'link': expected a plain file" in refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a", "a"), ("a/b", "a")])
def test_names_that_come_twice(tmp_path, names):
    assert "'a': expected every name once" in refusal(make_zip(tmp_path / "evil.zip", *names))


def test_a_bomb(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(1 << 20))
    assert (tmp_path / "bomb.zip").stat().st_size < 2000
    assert "of 100000 bytes, got 1 of 1048576" in refusal(tmp_path / "bomb.zip", most_bytes=100_000)


def test_a_bomb_that_lies_about_its_size(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(1 << 20))
    data = (
        (tmp_path / "bomb.zip")
        .read_bytes()
        .replace((1 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    )
    (tmp_path / "bomb.zip").write_bytes(data)
    assert "truncated or damaged" in refusal(tmp_path / "bomb.zip", most_bytes=100_000)


def test_too_many_files(tmp_path):
    path = make_zip(tmp_path / "many.zip", *(f"{number}" for number in range(MOST_FILES + 1)), data=b"")
    assert f"got {MOST_FILES + 1} of 0" in refusal(path)


def test_an_uncommon_method(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"x")
    assert "'a': expected it stored or deflated" in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_zip(folder, tmp_path, share):
    zip_folder(folder, tmp_path / "a.zip")
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data[: int(share * len(data))])
    assert "a.zip is no zip file, or truncated" in refusal(tmp_path / "a.zip")


def test_damaged_content(folder, tmp_path):
    zip_folder(folder, tmp_path / "a.zip")
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(bytes(range(256)), bytes(256)))
    assert "truncated or damaged: Bad CRC-32" in refusal(tmp_path / "a.zip")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
def test_what_is_no_zip(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    assert "a.zip is no zip file" in refusal(tmp_path / "a.zip")


def test_what_is_not_there(tmp_path):
    assert "cannot read" in refusal(tmp_path / "a.zip")


def test_every_problem_is_named(tmp_path):
    path = make_zip(tmp_path / "evil.zip", "../one", "../two")
    assert {"'../one'", "'../two'"} <= {line.split(":")[0].strip() for line in refusal(path).splitlines()}
