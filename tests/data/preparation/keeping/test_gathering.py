from __future__ import annotations

import hashlib
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from disk_layout import DiskLayout, add_pair, order, picture, save

from moei_toolkit.data.preparation.checking.perceptual_hash import hash_from_text
from moei_toolkit.data.preparation.keeping.gathering import _names, gather
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.records import read_records
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.errors import DataError
from moei_toolkit.io.reporter import SilentReporter


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Two prepared sets of other photographs, one of them left in its files, and a folder for both."""
    base = tmp_path_factory.mktemp("sets")
    for name, first, storage in (("one", 0, "lmdb"), ("two", 100, "files")):
        for number in range(first, first + 8):
            add_pair(base / f"root-{name}", f"s{number % 100:02}", number)
        prepare(order(base / f"root-{name}", storage=storage), base / name, SilentReporter())
    return base


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "stage").mkdir()
    return tmp_path / "stage"


def test_images_of_several_sets_keep_their_pixels_and_splits(sets, folder):
    records = gather([sets / "one", sets / "two"], ["haze"], folder)
    assert read_records(folder / "meta.jsonl") == records
    assert len(records) == len({record.id for record in records}) == 32
    assert len({(record.dataset, record.scene_id) for record in records}) == 16
    split_of = {
        f"{name}/{record.id}": record.split
        for name in ("one", "two")
        for record in read_records(sets / name / "meta.jsonl")
    }
    assert {record.id: record.split for record in records} == split_of
    with PixelStore(folder) as store:
        for record in records:
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash
            assert store.clean(record).shape == store.degraded(record).shape


def test_one_set_keeps_its_ids(sets, folder):
    records = gather([sets / "one"], ["haze"], folder)
    assert {record.id for record in records} == {
        record.id for record in read_records(sets / "one/meta.jsonl")
    }


def test_images_of_other_tasks_stay_out(sets, folder):
    with pytest.raises(DataError, match="expected images of rain, found none"):
        gather([sets / "one"], ["rain"], folder)


def test_a_scene_that_another_set_tests_on_is_not_trained_on(sets, folder, tmp_path):
    root, published = tmp_path / "root", tmp_path / "published"
    shutil.copytree(sets / "root-one", root)
    layout = DiskLayout(root, split="test")
    prepare(order(root, layout=layout), published, SilentReporter())
    records = gather([sets / "one", published], ["haze"], folder)
    assert {record.split for record in records} == {"test"}
    held = [record for record in read_records(sets / "one/meta.jsonl") if record.split == "test"]
    assert len(records) == 16 + len(held)


def test_a_folder_that_is_no_prepared_set(sets, folder):
    with pytest.raises(DataError, match=r"expected a prepared set.*tools/prepare_data\.py"):
        gather([sets], ["haze"], folder)


def test_two_folders_of_one_name(sets, folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "one").symlink_to(sets / "two")
    (tmp_path / "one").symlink_to(sets / "one")
    records = gather([tmp_path / "one", sets / "two", tmp_path / "elsewhere" / "one"], ["haze"], folder)
    assert len({record.id for record in records}) == len(records)


def test_captures_of_two_sets_are_not_one(sets, folder):
    records = gather([sets / "one", sets / "two"], ["haze"], folder)
    splits: dict[tuple[str, str], set[str]] = {}
    for record in records:
        splits.setdefault((record.dataset, record.capture_id), set()).add(record.split)
    assert len(splits) == 16
    assert all(len(found) == 1 for found in splits.values())


def test_equal_pixels_of_two_sets_stay_in_the_strongest_split(sets, folder, tmp_path):
    again = tmp_path / "again"
    prepare(order(sets / "root-one", seed=5), again, SilentReporter())
    records = gather([sets / "one", again], ["haze"], folder)
    splits: dict[str, set[str]] = {}
    for record in records:
        if record.degradation == "clean":
            splits.setdefault(record.hash, set()).add(record.split)
    assert len(splits) == 8
    assert all(len(found) == 1 for found in splits.values())


def test_look_alikes_of_two_sets_stay_in_the_strongest_split(sets, folder, tmp_path):
    root = tmp_path / "root"
    for number in range(8):
        add_pair(root, f"t{number}", number)
        alike = np.clip(picture(number).astype(np.int16) + 3, 0, 255).astype(np.uint8)
        save(root / "clean" / f"t{number}.png", alike)
    prepare(order(root, seed=5), tmp_path / "three", SilentReporter())
    records = gather([sets / "one", tmp_path / "three"], ["haze"], folder)
    hashes = [(hash_from_text(one.perceptual_hash), one.split) for one in records if one.perceptual_hash]
    together = [(a, b) for (x, a), (y, b) in combinations(hashes, 2) if (int(x) ^ int(y)).bit_count() <= 4]
    assert len(together) > 0
    assert all(a == b for a, b in together)


def test_sets_have_different_names_whatever_their_folders_are_called():
    folders = ["a/rain", "b/rain-2", "c/rain", "d/rain", "e/x", "f/x.source"]
    names = _names([Path(folder) for folder in folders])
    assert names == ["rain", "rain-2", "rain-3", "rain-4", "x", "x_source"]
