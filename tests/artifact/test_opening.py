"""What is no artifact is said to be none, and leaves nothing behind."""

from __future__ import annotations

import shutil

from tampering import complaints

from moei_toolkit.artifact.verification import verify_artifact


def test_a_folder_that_is_no_artifact(tmp_path):
    assert "cannot read SHA256SUMS" in complaints(tmp_path)


def test_a_truncated_artifact(packed, tmp_path):
    (tmp_path / "short.zip").write_bytes(packed.read_bytes()[:-1000])
    assert "short.zip is no zip file, or truncated or damaged" in complaints(tmp_path / "short.zip")


def test_nothing_is_left_behind(packed, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    verify_artifact(packed)
    shutil.copy(packed, tmp_path / "mine.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.zip"]
