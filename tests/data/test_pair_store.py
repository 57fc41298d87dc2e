from __future__ import annotations

import gc
import os
import pickle

import numpy as np
import pytest

from moei_toolkit.data import pair_store
from moei_toolkit.data.pair_row import HEADER
from moei_toolkit.data.pair_store import PairStore, PairWriter
from moei_toolkit.errors import DataError


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (33, 47, 3), dtype=np.uint8)


@pytest.fixture
def path(tmp_path, picture):
    with PairWriter(tmp_path / "pairs.lmdb") as writer:
        writer.put("a", picture)
        writer.put("b", picture[:1, :1])
    return tmp_path / "pairs.lmdb"


def test_pixels_come_back(path, picture):
    with PairStore(path) as store:
        assert np.array_equal(store.pixels("pairs.lmdb#a"), picture)
        assert np.array_equal(store.pixels("pairs.lmdb#b"), picture[:1, :1])


def test_records_lead_to_their_pixels(store, prepared):
    for record in prepared[1]:
        assert store.degraded(record).shape == (record.height, record.width, 3)
        same = np.array_equal(store.degraded(record), store.clean(record))
        assert same == (record.degradation == "clean")
        store.verify(record)


def test_views_are_read_only_and_not_copies(path):
    with PairStore(path) as store:
        first, again = store.pixels("#a"), store.pixels("#a")
    assert np.shares_memory(first, again)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0, 0] = 1


def test_a_view_outlives_its_store(path, picture):
    store = PairStore(path)
    crop = store.pixels("#a")[5:20, 7:30]
    store.close()
    del store
    gc.collect()
    assert np.array_equal(crop, picture[5:20, 7:30])


def test_closed_stores_open_again(path, picture):
    store = PairStore(path)
    store.pixels("#a")
    store.close()
    assert np.array_equal(store.pixels("#a"), picture)


def test_a_second_store_of_one_file_says_what_to_do(path):
    with PairStore(path) as store:
        store.pixels("#a")
        with pytest.raises(DataError, match="already"):
            PairStore(path).pixels("#a")


def test_an_open_store_travels_by_path(path, picture):
    store = PairStore(path)
    store.pixels("#a")
    copy = pickle.loads(pickle.dumps(store))
    store.close()
    assert np.array_equal(copy.pixels("#a"), picture)


def test_a_forked_process_reads_too(path):
    with PairStore(path) as store:
        total = int(store.pixels("#a").sum())
        child = os.fork()
        if child == 0:
            os._exit(0 if int(store.pixels("#a").sum()) == total else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert int(store.pixels("#a").sum()) == total


def test_the_map_grows_as_needed(tmp_path, picture, monkeypatch):
    monkeypatch.setattr(pair_store, "FIRST_MAP", 16384)
    monkeypatch.setattr(pair_store, "BATCH_BYTES", 40_000)
    with PairWriter(tmp_path / "grown.lmdb") as writer:
        for number in range(60):
            writer.put(f"{number}", picture)
    with PairStore(tmp_path / "grown.lmdb") as store:
        assert all(np.array_equal(store.pixels(f"#{number}"), picture) for number in range(60))


def test_missing_file_and_missing_key_are_named(tmp_path, path):
    with pytest.raises(DataError, match=r"none\.lmdb"):
        PairStore(tmp_path / "none.lmdb").pixels("#a")
    with PairStore(path) as store, pytest.raises(DataError, match=r"pairs\.lmdb#absent"):
        store.pixels("pairs.lmdb#absent")


@pytest.mark.parametrize("kept", [0, 1, 5000, 9000, -1])
def test_a_file_cut_short_is_refused_before_it_is_read(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"pairs\.lmdb"):
        PairStore(path).pixels("#a")


def test_a_foreign_file_is_refused(path):
    path.write_bytes(np.random.default_rng(0).bytes(20_000))
    with pytest.raises(DataError, match=r"pairs\.lmdb: expected a pair store"):
        PairStore(path).pixels("#a")


def test_a_flipped_bit_is_found_on_demand(prepared, tmp_path):
    folder, records = prepared
    data = bytearray((folder / "pairs.lmdb").read_bytes())
    with PairStore(folder / "pairs.lmdb") as store:
        needle = store.degraded(records[0]).tobytes()[:64]
    data[data.index(needle) + 10] ^= 1
    (tmp_path / "pairs.lmdb").write_bytes(data)
    with PairStore(tmp_path / "pairs.lmdb") as store, pytest.raises(DataError, match=r"#one: expected crc32"):
        store.verify(records[0])


def test_a_damaged_header_is_found_at_once(path, picture):
    data = bytearray(path.read_bytes())
    start = data.index(picture.tobytes()[:64]) - HEADER.size
    data[start : start + 4] = b"JUNK"
    path.write_bytes(data)
    with PairStore(path) as store, pytest.raises(DataError, match=r"pairs\.lmdb#a: .*JUNK"):
        store.pixels("#a")


def test_a_writer_never_touches_an_existing_file(path):
    before = path.read_bytes()
    with pytest.raises(DataError, match="fresh folder"):
        PairWriter(path)
    assert path.read_bytes() == before


def test_only_rgb_bytes_can_be_stored(tmp_path):
    with PairWriter(tmp_path / "pairs.lmdb") as writer, pytest.raises(DataError, match="uint8"):
        writer.put("a", np.zeros((4, 4, 3), np.float32))
