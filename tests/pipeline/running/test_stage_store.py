import json
import shutil
import threading

import pytest
from fake_pipeline import problems_in
from filelock import FileLock

from moei_toolkit.errors import StoreError
from moei_toolkit.io.manifest import MANIFEST, Manifest
from moei_toolkit.pipeline.running.store import StageStore

FINGERPRINT = "0123456789abcdef" * 4
STAGE = "experts.rain"


@pytest.fixture
def store(tmp_path):
    return StageStore(tmp_path / "store")


def manifest(fingerprint=FINGERPRINT):
    return Manifest(
        stage=STAGE,
        fingerprint=fingerprint,
        recipe={},
        outputs={},
        versions={},
        git=None,
        started="",
        seconds=0.0,
    )


def commit(store, text="content", fingerprint=FINGERPRINT):
    with store.claim(STAGE, fingerprint, print):
        partial = store.open_partial(STAGE, fingerprint, resume=False)
        (partial / "deep").mkdir()
        (partial / "deep" / "file").write_text(text)
        (partial / ".tmp-leftover").write_text("x")
        return store.commit(manifest(fingerprint))


def status(store):
    return store.find(STAGE, FINGERPRINT).status


def test_committed_is_found(store):
    assert status(store) == "absent"
    folder = commit(store)
    assert folder == store.root / STAGE / FINGERPRINT[:12]
    assert store.find(STAGE, FINGERPRINT).folder == folder
    assert status(store) == "whole"
    assert sorted(path.name for path in folder.rglob("*")) == ["deep", "file", MANIFEST]
    assert list(json.loads((folder / MANIFEST).read_text())["outputs"]) == ["deep/file"]
    assert not store.partial(STAGE, FINGERPRINT).exists()
    assert problems_in(store.root) == []


def test_looking_writes_nothing(store):
    assert status(store) == "absent"
    assert problems_in(store.root) == []
    assert not store.root.exists()


def test_what_is_not_committed_is_not_found(store):
    with store.claim(STAGE, FINGERPRINT, print):
        partial = store.open_partial(STAGE, FINGERPRINT, resume=False)
        (partial / "file").write_text("half")
        assert status(store) == "absent"
        assert problems_in(store.root) == []


@pytest.mark.parametrize("resume", [True, False])
def test_an_interrupted_attempt_is_kept_or_removed(store, resume):
    with store.claim(STAGE, FINGERPRINT, print):
        partial = store.open_partial(STAGE, FINGERPRINT, resume=False)
        for name in ("checkpoint", ".tmp-half", MANIFEST):
            (partial / name).write_text("x")
    with store.claim(STAGE, FINGERPRINT, print):
        store.open_partial(STAGE, FINGERPRINT, resume=resume)
    assert [path.name for path in partial.iterdir()] == (["checkpoint"] if resume else [])


def damage_manifest(folder):
    (folder / MANIFEST).write_text("{")


def remove_manifest(folder):
    (folder / MANIFEST).unlink()


def replace_by_file(folder):
    shutil.rmtree(folder)
    folder.write_text("in the way")


def replace_by_lost_link(folder):
    shutil.rmtree(folder)
    folder.symlink_to("nowhere")


def remove_file(folder):
    (folder / "deep" / "file").unlink()


def truncate_file(folder):
    (folder / "deep" / "file").write_text("cont")


def take_another(folder):
    path = folder / MANIFEST
    path.write_text(path.read_text().replace(FINGERPRINT, "f" * 64))


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (damage_manifest, MANIFEST),
        (remove_manifest, MANIFEST),
        (replace_by_file, "is no folder"),
        (replace_by_lost_link, "is no folder"),
        (remove_file, "deep/file is missing"),
        (truncate_file, "deep/file: expected 7 bytes, got 4"),
        (take_another, "is of another fingerprint"),
    ],
)
def test_broken_results_are_named_and_set_aside_whole(store, harm, named):
    folder = commit(store)
    harm(folder)
    found = store.find(STAGE, FINGERPRINT)
    assert found.status == "broken"
    assert named in found.reason
    content = sorted(path.name for path in folder.rglob("*"))
    with store.claim(STAGE, FINGERPRINT, print):
        aside = store.set_aside(STAGE, FINGERPRINT)
    assert sorted(path.name for path in aside.rglob("*")) == content
    assert status(store) == "absent"
    commit(store)
    harm(folder)
    with store.claim(STAGE, FINGERPRINT, print):
        assert store.set_aside(STAGE, FINGERPRINT) != aside


def test_a_changed_content_of_equal_size_needs_a_full_check(store):
    folder = commit(store)
    (folder / "deep" / "file").write_text("CONTENT")
    assert status(store) == "whole"
    (problem,) = problems_in(store.root)
    assert problem == f"{folder}/deep/file is not what was committed: its content has changed"


def test_a_full_check_finds_what_is_missing_and_what_is_too_much(store):
    folder = commit(store)
    remove_file(folder)
    (folder / "extra").write_text("x")
    other = commit(store, fingerprint="f" * 64)
    damage_manifest(other)
    problems = problems_in(store.root)
    assert len(problems) == 3
    assert "deep/file is missing" in problems[0]
    assert "extra is not in the manifest" in problems[1]
    assert f"{other}/manifest.json is damaged" in problems[2]


def test_a_new_result_replaces_the_old(store):
    commit(store, "old")
    folder = commit(store, "new")
    assert (folder / "deep" / "file").read_text() == "new"
    assert sorted(path.name for path in folder.parent.iterdir() if path.is_dir()) == [folder.name]


def test_the_old_result_is_back_when_the_replacement_was_interrupted(store):
    folder = commit(store, "old")
    folder.rename(folder.with_name(f"{folder.name}.old"))
    with store.claim(STAGE, FINGERPRINT, print):
        assert status(store) == "whole"
    assert (folder / "deep" / "file").read_text() == "old"


def test_whoever_waits_says_so_and_goes_on_afterwards(store):
    said, entered = [], threading.Event()

    def wait():
        with store.claim(STAGE, FINGERPRINT, said.append):
            entered.set()

    with store.claim(STAGE, FINGERPRINT, said.append):
        thread = threading.Thread(target=wait)
        thread.start()
        while not said:
            thread.join(0.01)
        assert not entered.is_set()
    thread.join(10)
    assert entered.is_set()
    (line,) = said
    assert line.startswith(f"{STAGE}: waiting for another process")
    assert str(store.root / STAGE) in line


def test_other_fingerprints_do_not_wait(store):
    with store.claim(STAGE, FINGERPRINT, print), store.claim(STAGE, "f" * 64, print):
        pass


def test_an_error_gives_the_claim_back(store):
    with pytest.raises(ZeroDivisionError), store.claim(STAGE, FINGERPRINT, print):
        raise ZeroDivisionError
    FileLock(store.root / STAGE / f"{FINGERPRINT[:12]}.lock").acquire(timeout=0).lock.release()


def test_a_store_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    store = StageStore(tmp_path / "file" / "store")
    with pytest.raises(StoreError, match="cannot write"), store.claim(STAGE, FINGERPRINT, print):
        pass
