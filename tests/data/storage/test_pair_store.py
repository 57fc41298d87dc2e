from __future__ import annotations

import gc
import mmap
import os
import pickle
import sys

import lmdb
import numpy as np
import pytest
from stored import picture

from moei_toolkit.data.storage.pair_store import PairStore
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_row import PLACED
from moei_toolkit.errors import DataError

PICTURE = picture(height=200, width=150)
SMALL = picture(1, 5, 7)


@pytest.fixture
def path(tmp_path):
    with PairWriter(tmp_path / "pairs.lmdb") as writer:
        writer.put("a", PICTURE)
        writer.put("b", SMALL)
    return tmp_path / "pairs.lmdb"


def test_pixels_come_back_whether_they_are_found_by_place_or_by_key(path):
    assert SMALL.nbytes < PLACED < PICTURE.nbytes
    with PairStore(path) as store:
        assert np.array_equal(store.image("a").pixels, PICTURE)
        assert np.array_equal(store.image("b").pixels, SMALL)


@pytest.mark.parametrize("key", ["a", "b"])
def test_pixels_are_read_only(path, key):
    with PairStore(path) as store, pytest.raises(ValueError, match="read-only"):
        store.image(key).pixels[0, 0, 0] = 1


def test_large_pixels_are_views_and_not_copies(path):
    with PairStore(path) as store:
        assert np.shares_memory(store.image("a").pixels, store.image("a").pixels)


def test_a_view_outlives_its_store_and_a_second_one(path):
    store = PairStore(path)
    crop = store.image("a").pixels[5:20, 7:30]
    store.close()
    again = store.image("a").pixels
    store.close()
    del store
    gc.collect()
    assert np.array_equal(crop, again[5:20, 7:30])
    assert np.array_equal(crop, PICTURE[5:20, 7:30])


def test_a_second_store_of_one_file_says_what_to_do(path):
    with PairStore(path) as store:
        store.image("a")
        with pytest.raises(DataError, match="already"):
            PairStore(path).image("a")


def test_an_open_store_travels_by_path(path):
    store = PairStore(path)
    store.image("a")
    copy = pickle.loads(pickle.dumps(store))
    store.close()
    assert np.array_equal(copy.image("a").pixels, PICTURE)


def test_a_forked_process_reads_too(path):
    with PairStore(path) as store:
        total = int(store.image("a").pixels.sum())
        child = os.fork()
        if child == 0:
            os._exit(0 if int(store.image("a").pixels.sum()) == total else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert int(store.image("b").pixels.sum()) == int(SMALL.sum())


def test_missing_file_and_missing_key_are_named(tmp_path, path):
    with pytest.raises(DataError, match=r"none\.lmdb"):
        PairStore(tmp_path / "none.lmdb").image("a")
    with PairStore(path) as store, pytest.raises(DataError, match=r"pairs\.lmdb#absent: expected an image"):
        store.image("absent")
    with PairStore(path) as store, pytest.raises(DataError, match=r"pairs\.lmdb#k+: expected an image"):
        store.image("k" * 1000)


@pytest.mark.parametrize("kept", [0, 1, 5000, 9000, 40_000, -1])
def test_a_file_cut_short_is_refused_before_it_is_read(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"pairs\.lmdb"):
        PairStore(path).image("a")


def test_a_foreign_file_is_refused(path):
    path.write_bytes(np.random.default_rng(0).bytes(20_000))
    with pytest.raises(DataError, match=r"pairs\.lmdb: expected a pair store"):
        PairStore(path).image("a")


def test_a_flipped_bit_is_found_on_demand(path):
    data = bytearray(path.read_bytes())
    data[data.index(PICTURE.tobytes()[:64]) + 70_000] ^= 1
    path.write_bytes(data)
    with PairStore(path) as store:
        store.verify("b")
        with pytest.raises(DataError, match=r"#a: expected crc32"):
            store.verify("a")


def test_a_damaged_header_is_found_at_once(path):
    path.write_bytes(path.read_bytes().replace(b"MOEI", b"JUNK"))
    with PairStore(path) as store, pytest.raises(DataError, match=r"pairs\.lmdb#a: .*JUNK"):
        store.image("a")


def test_a_damaged_tree_is_refused(path):
    data, leaf, size = bytearray(path.read_bytes()), 2, mmap.PAGESIZE
    for number in range(2, len(data) // size):
        page = data[number * size : (number + 1) * size]
        if int.from_bytes(page[:8], sys.byteorder) == number and page[10] == leaf:
            data[number * size : (number + 1) * size] = bytes(size)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"pairs\.lmdb: expected a pair store .*CORRUPTED"):
        PairStore(path).image("a")


def test_a_compacted_copy_is_refused_because_its_images_have_moved(tmp_path, path):
    with lmdb.open(str(path), subdir=False, lock=False, readonly=True) as environment:
        environment.copy(str(tmp_path / "copy.lmdb"), compact=True)
    with pytest.raises(DataError, match="compacted"):
        PairStore(tmp_path / "copy.lmdb").image("a")
    with pytest.raises(DataError, match="compacted"):
        PairWriter(tmp_path / "copy.lmdb", resume=True)
