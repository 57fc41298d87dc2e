import json
import subprocess
import sys

import pytest
from pydantic import ValidationError

from moei_toolkit.errors import StoreError
from moei_toolkit.io.environment import git_state, versions
from moei_toolkit.io.manifest import MANIFEST, Manifest, outputs_of, read_manifest, write_manifest


@pytest.fixture
def manifest(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.bin").write_bytes(b"abc")
    (tmp_path / "a.txt").write_text("")
    manifest = Manifest(
        stage="experts.rain",
        fingerprint="f" * 64,
        recipe={"seed": 3, "section": {"a": [1, 2]}},
        outputs=outputs_of(tmp_path),
        versions=versions(),
        git=git_state(),
        started="2020-01-01T00:00:00+00:00",
        seconds=1.5,
    )
    write_manifest(tmp_path, manifest)
    return manifest


def test_what_is_written_is_read(tmp_path, manifest):
    assert read_manifest(tmp_path) == manifest
    assert manifest.status == "complete"


def test_outputs_are_every_file_but_the_manifest(tmp_path, manifest):
    assert list(outputs_of(tmp_path)) == ["a.txt", "deep/b.bin"]
    assert manifest.outputs["deep/b.bin"].bytes == 3
    assert manifest.outputs["deep/b.bin"].sha256.startswith("ba7816bf8f01cfea")


def test_it_cannot_be_changed(manifest):
    with pytest.raises(ValidationError):
        manifest.stage = "other"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"format": 2}, "format"),
        ({"stage": None}, "stage"),
        ({"more": 1}, "more"),
        ({"outputs": {"a": {"bytes": 1}}}, "outputs.a.sha256"),
        ({"status": "running"}, "status"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, manifest, change, expected):
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest.model_dump(mode="json"), **change}))
    with pytest.raises(StoreError, match=expected) as caught:
        read_manifest(tmp_path)
    assert str(tmp_path / MANIFEST) in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "\x00\x00", "null"])
def test_a_damaged_manifest(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(StoreError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_a_missing_manifest(tmp_path):
    with pytest.raises(StoreError, match="cannot read"):
        read_manifest(tmp_path)


def test_versions_are_found_without_importing():
    code = (
        "import sys\nfrom moei_toolkit.io.environment import versions\nfound = versions()\n"
        "print(found['torch'] is not None, 'torch' in sys.modules, found['processors'] > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"]


def test_git_state_outside_of_a_repository(monkeypatch, tmp_path):
    import moei_toolkit

    monkeypatch.setattr(moei_toolkit, "__file__", str(tmp_path / "__init__.py"))
    assert git_state() is None


def test_git_state_of_a_changed_repository(monkeypatch, tmp_path):
    import moei_toolkit

    def git(*arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True)

    package = tmp_path / "__init__.py"
    package.write_text("")
    monkeypatch.setattr(moei_toolkit, "__file__", str(package))
    git("init")
    assert git_state() is None
    git("add", ".")
    git("commit", "-m", "first")
    revision = git("rev-parse", "HEAD").stdout.decode().strip()
    assert git_state() == {"revision": revision, "dirty": False}
    package.write_text("changed")
    assert git_state() == {"revision": revision, "dirty": True}


def test_git_state_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert git_state() is None
