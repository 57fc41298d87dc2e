from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from disk_layout import add_pair, order
from stored import picture, record

from moei_toolkit.commands import pack_lmdb
from moei_toolkit.data.preparation import prepare as preparation
from moei_toolkit.data.preparation.keeping import packing
from moei_toolkit.data.preparation.keeping.packing import pack, plan_pack
from moei_toolkit.data.preparation.prepared_set import (
    SPLITS_NAME,
    PreparedSet,
    hash_tables,
    read_prepared,
    write_prepared,
)
from moei_toolkit.data.records import RECORDS_NAME, Record, read_records, write_records
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import SOURCES_NAME, PixelStore
from moei_toolkit.errors import DataError
from moei_toolkit.io.reporter import SilentReporter

SCENES = 4


@pytest.fixture
def folder(tmp_path) -> Path:
    """A set whose degraded images lie below a source, and its clean ones below itself."""
    folder, source = tmp_path / "set", tmp_path / "source"
    (folder / "images").mkdir(parents=True)
    source.mkdir()
    rows: list[Record] = []
    for number in range(SCENES):
        clean, hazy = picture(number, 40, 60), picture(100 + number, 40, 60)
        at = f"images/{number}.png"
        cv2.imwrite(str(folder / at), clean[..., ::-1])
        cv2.imwrite(str(source / f"{number}.png"), hazy[..., ::-1])
        rows.append(record(f"{number}", clean, at, at, "clean"))
        rows.append(record(f"{number}-haze", hazy, f"src/{number}.png", at))
    (folder / SOURCES_NAME).write_text(f'{{"src": "{source}"}}')
    (folder / SPLITS_NAME).write_text("{}")
    prepare(folder, rows)
    return folder


def prepare(folder: Path, rows: list[Record]) -> None:
    write_records(folder / RECORDS_NAME, rows)
    write_prepared(folder, PreparedSet({}, "files", {}, len(rows), SCENES, 0, hash_tables(folder)))


def pixels(folder: Path) -> list[np.ndarray]:
    with PixelStore(folder) as store:
        rows = read_records(folder / RECORDS_NAME)
        return [np.stack([store.degraded(row), store.clean(row)]) for row in rows]


def is_packed(folder: Path) -> bool:
    paths = {path for row in read_records(folder / RECORDS_NAME) for path in (row.path_raw, row.path_gt)}
    return all(path.startswith("pairs.lmdb#") for path in paths) and read_prepared(folder).storage == "lmdb"


def test_a_packed_set_has_the_same_pixels_and_needs_no_files(folder):
    before, steps = pixels(folder), []
    assert pack(folder, lambda *step: steps.append(step), 2) == 2 * SCENES
    assert steps == [(done, 4 * SCENES) for done in range(1, 4 * SCENES + 1)]
    assert is_packed(folder)
    for path in [*folder.glob("images/*"), *folder.parent.glob("source/*")]:
        path.unlink()
    assert np.array_equal(before, pixels(folder))
    with PixelStore(folder) as store:
        for row in read_records(folder / RECORDS_NAME):
            store.verify(row)


def test_packing_again_changes_nothing(folder):
    pack(folder, lambda *step: None)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert pack(folder, lambda *step: None) == 0
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_set_that_is_partly_elsewhere_in_stores_keeps_those(folder):
    with PairWriter(folder / "more.lmdb") as writer:
        writer.put("x", picture(7, 40, 60))
    rows = read_records(folder / RECORDS_NAME)
    prepare(folder, [*rows, record("x", picture(7, 40, 60), "more.lmdb#x", "more.lmdb#x", "clean")])
    before = pixels(folder)
    assert pack(folder, lambda *step: None) == 2 * SCENES
    assert read_records(folder / RECORDS_NAME)[-1].path_raw == "more.lmdb#x"
    assert np.array_equal(before, pixels(folder))


PACK = """
import os, signal, sys
from pathlib import Path
from moei_toolkit.data.storage import pair_writer
from moei_toolkit.data.preparation.keeping.packing import pack

def stop(done, total):
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

pair_writer.BATCH_BYTES = 10_000
pack(Path(sys.argv[1]), stop, 2)
"""


@pytest.mark.parametrize("step", [1, 5, 2 * SCENES, 3 * SCENES, 4 * SCENES])
def test_a_killed_pack_leaves_the_set_as_it_was_and_continues(folder, monkeypatch, step):
    before = pixels(folder)
    done = subprocess.run([sys.executable, "-c", PACK, str(folder), str(step)], env=os.environ)
    assert done.returncode == -signal.SIGKILL
    assert not is_packed(folder)
    assert np.array_equal(before, pixels(folder))

    decode, decoded = packing._decoded, []

    def noting(store, waiting, workers):
        decoded.extend(waiting)
        return decode(store, waiting, workers)

    monkeypatch.setattr(packing, "_decoded", noting)
    pack(folder, lambda *step: None, 2)
    # Batches are of two images here, and what was not committed is done anew.
    assert len(decoded) <= 2 * SCENES - min(step, 2 * SCENES) + 2
    assert is_packed(folder)
    assert np.array_equal(before, pixels(folder))


@pytest.mark.parametrize("name", ["write_records", "hash_tables"])
def test_a_pack_stopped_between_its_tables_can_be_used_and_finished(folder, monkeypatch, name):
    before = pixels(folder)
    with monkeypatch.context() as patch:
        patch.setattr(packing, name, lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            pack(folder, lambda *step: None)
    read_prepared(folder)
    assert np.array_equal(before, pixels(folder))
    pack(folder, lambda *step: None)
    assert is_packed(folder)
    assert read_prepared(folder).hashes == hash_tables(folder)
    assert np.array_equal(before, pixels(folder))


def test_an_image_that_was_changed_after_preparation_is_refused(folder):
    cv2.imwrite(str(folder.parent / "source" / "2.png"), picture(0, 40, 60))
    with pytest.raises(DataError, match=r"record '2-haze': .* changed after preparation"):
        pack(folder, lambda *step: None)
    assert not is_packed(folder)


def test_images_of_an_earlier_preparation_are_not_taken_for_the_new_ones(folder):
    pack(folder, lambda *step: None)
    rows, source = read_records(folder / RECORDS_NAME), folder.parent / "source" / "1.png"
    changed = picture(55, 40, 60)
    cv2.imwrite(str(source), changed[..., ::-1])
    loose = [
        replace(row, path_raw=row.path_raw.partition("#")[2], path_gt=row.path_gt.partition("#")[2])
        for row in rows
    ]
    new = record("1-haze", changed, "src/1.png", "images/1.png")
    prepare(folder, [new if row.id == new.id else row for row in loose])
    pack(folder, lambda *step: None)
    assert np.array_equal(pixels(folder)[3][0], changed)


def test_a_missing_file_is_named_and_a_tampered_set_refused(folder):
    (folder / "images" / "3.png").unlink()
    with pytest.raises(DataError, match=r"record '3': .*3\.png"):
        pack(folder, lambda *step: None)
    (folder / RECORDS_NAME).write_text("")
    with pytest.raises(DataError, match=r"meta\.jsonl: expected sha256"):
        pack(folder, lambda *step: None)


def test_long_paths_have_keys_too(folder):
    long = "/".join(["images", *["d" * 100] * 5, "0.png"])
    (folder / long).parent.mkdir(parents=True)
    (folder / "images" / "0.png").rename(folder / long)
    rows = read_records(folder / RECORDS_NAME)
    old = "images/0.png"
    prepare(
        folder,
        [
            replace(
                row,
                path_raw=long if row.path_raw == old else row.path_raw,
                path_gt=long if row.path_gt == old else row.path_gt,
            )
            for row in rows
        ],
    )
    before = pixels(folder)
    pack(folder, lambda *step: None)
    assert np.array_equal(before, pixels(folder))


def test_the_plan_says_what_it_takes(folder):
    plan = plan_pack(folder)
    assert (plan.images, plan.needed) == (2 * SCENES, 2 * SCENES * 40 * 60 * 3)
    assert plan.free > 0


def test_the_command_packs_unless_it_is_only_asked(folder, capsys):
    assert pack_lmdb.main([str(folder), "--dry-run"]) == 0
    assert not (folder / "pairs.lmdb").exists()
    assert capsys.readouterr().out.startswith(f"{2 * SCENES} image files; 0.00 GiB needed, ")
    assert pack_lmdb.main([str(folder), "--workers", "1"]) == 0
    assert is_packed(folder)
    assert f"packed   {2 * SCENES} images" in capsys.readouterr().out


def test_a_packed_set_has_nothing_to_do_when_it_is_prepared_again(tmp_path):
    for number in range(12):
        add_pair(tmp_path / "root", f"s{number:02}", number)
    out = tmp_path / "out"
    preparation.prepare(order(tmp_path / "root", storage="files"), out, SilentReporter())
    pack(out, lambda done, total: None)
    before, size = (out / "meta.jsonl").read_bytes(), (out / "pairs.lmdb").stat().st_size
    preparation.prepare(order(tmp_path / "root", storage="lmdb"), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before
    assert (out / "pairs.lmdb").stat().st_size == size
