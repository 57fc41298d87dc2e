"""What is prepared a second time: only what is new or changed is touched."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from counting import Counting
from disk_layout import DiskLayout, add_pair, order, picture, records_of, save

from moei_toolkit.data.preparation.checking.inspection import Checks
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.errors import DataError
from moei_toolkit.io.reporter import SilentReporter


def test_a_second_call_has_nothing_to_do_and_changes_nothing(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.suffix in (".json", ".jsonl")}
    counting = Counting()
    prepare(order(pairs), out, counting)
    assert counting.totals["check"] == 0
    assert before == {name: (out / name).read_bytes() for name in before}


def test_only_what_is_new_or_changed_is_touched_and_splits_stay(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    before = {record.scene_id: record.split for record in records_of(out)}
    add_pair(pairs, "s99", 99)
    add_pair(pairs, "s03", 300)  # another photograph under the same name
    (pairs / "clean" / "s05.png").unlink()
    (pairs / "haze" / "s05.png").unlink()
    counting = Counting()
    prepare(order(pairs), out, counting)
    assert counting.totals["check"] == 2
    after = {record.scene_id: record.split for record in records_of(out)}
    assert after.keys() == before.keys() - {"s05"} | {"s99"}
    assert all(after[scene] == split for scene, split in before.items() if scene in after)
    add_pair(pairs, "s05", 5)
    prepare(order(pairs), out, SilentReporter())
    assert {record.split for record in records_of(out) if record.scene_id == "s05"} == {before["s05"]}
    changed = next(record for record in records_of(out) if record.id == "s03")
    with PixelStore(out) as store:
        assert np.array_equal(store.clean(changed), picture(300))


def test_a_renamed_pair_stays_in_its_split(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    before = {record.hash: record.split for record in records_of(out)}
    for number in range(12):
        for folder in ("clean", "haze"):
            (pairs / folder / f"s{number:02}.png").rename(pairs / folder / f"renamed{number}.png")
    prepare(order(pairs), out, SilentReporter())
    records = records_of(out)
    assert {record.scene_id for record in records} == {f"renamed{number}" for number in range(12)}
    assert {record.hash: record.split for record in records} == before


def test_pixels_count_before_names(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    before = {record.hash: record.split for record in records_of(out)}
    for folder in ("clean", "haze"):
        paths = [pairs / folder / f"s{number:02}.png" for number in range(12)]
        contents = [path.read_bytes() for path in paths]
        for path, content in zip(paths, [*contents[1:], contents[0]], strict=True):
            path.write_bytes(content)
    prepare(order(pairs), out, SilentReporter())
    assert {record.hash: record.split for record in records_of(out)} == before


@pytest.mark.parametrize("storage", ["lmdb", "files"])
def test_files_that_are_only_touched_change_nothing(pairs, tmp_path, storage):
    out = tmp_path / "out"
    prepare(order(pairs, storage=storage), out, SilentReporter())
    before = (out / "meta.jsonl").read_bytes()
    for path in pairs.rglob("*.png"):
        os.utime(path, ns=(1, 1))
    prepare(order(pairs, storage=storage), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before


def test_other_checks_store_nothing_anew(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    before, size = (out / "meta.jsonl").read_bytes(), (out / "pairs.lmdb").stat().st_size
    prepare(order(pairs, checks=Checks(largest_shift=0.7)), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before
    assert (out / "pairs.lmdb").stat().st_size == size


def test_other_checks_are_another_result(pairs, tmp_path):
    out, counting = tmp_path / "out", Counting()
    prepare(order(pairs), out, SilentReporter())
    prepare(order(pairs, checks=Checks(smallest_side=33)), out, counting)
    assert counting.totals["check"] == 12


def test_other_weather_estimates_severities_anew(pairs, tmp_path):
    counting = Counting()
    prepare(order(pairs), tmp_path / "out", SilentReporter())
    other = {"haze": {"type": "haze", "beta": (0.5, 1.0)}}
    prepare(order(pairs, weather_config=other), tmp_path / "out", counting)
    assert counting.totals["check"] == 12


def test_a_clean_file_that_was_replaced_is_noticed(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs, storage="files"), out, SilentReporter())
    hazy = next(record for record in records_of(out) if record.id == "s03-haze")
    save(pairs / "clean" / "s03.png", picture(300))
    with PixelStore(out) as store, pytest.raises(DataError, match=r"s03-haze.*at source/clean/s03\.png, got"):
        store.pair(hazy)


def test_files_that_change_after_preparation_are_noticed(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs, storage="files"), out, SilentReporter())
    record = next(record for record in records_of(out) if record.id == "s02-haze")
    save(pairs / "haze" / "s02.png", picture(77))
    with PixelStore(out) as store, pytest.raises(DataError, match=r"s02-haze.*expected pixels of sha256"):
        store.degraded(record)


def test_other_folders_below_the_same_root_are_other_data(pairs, tmp_path):
    out = tmp_path / "out"
    config = {"type": "disk", "root": str(pairs)}
    prepare(order(pairs, layout_config={**config, "degraded": "haze"}), out, SilentReporter())
    before = (out / "meta.jsonl").read_bytes()
    with pytest.raises(
        DataError, match="set of degraded 'snow' there, it is of 'haze', which are other data"
    ):
        prepare(order(pairs, layout_config={**config, "degraded": "snow"}), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before


def test_a_set_of_something_else_is_not_replaced(pairs, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other"
    prepare(order(pairs), out, SilentReporter())
    before = (out / "meta.jsonl").read_bytes()
    shutil.copytree(pairs, other)
    with pytest.raises(DataError, match="which still exists"):
        prepare(order(other), out, SilentReporter())
    with pytest.raises(DataError, match="expected the set of a 'other' there"):
        prepare(replace(order(pairs), layout_config={"type": "other"}), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before
    pairs.rename(tmp_path / "moved")
    prepare(order(tmp_path / "moved"), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before


def test_pixels_that_no_table_leads_to_are_dropped(pairs, tmp_path):
    sizes = []
    for storage in ("lmdb", "files"):
        out = tmp_path / storage
        first = order(pairs, layout=DiskLayout(pairs, paired=False), storage=storage)
        prepare(first, out, SilentReporter())
        before = len(list(out.glob("images/*.png")))
        for seed in (1, 2, 0):
            prepare(replace(first, seed=seed), out, SilentReporter())
        sizes.append((before, len(list(out.glob("images/*.png")))))
    assert sizes == [(0, 0), (sizes[1][0], sizes[1][0])]
    with PairWriter(tmp_path / "lmdb" / "pairs.lmdb", resume=True) as writer:
        places = {record.path_raw.partition("#")[2] for record in records_of(tmp_path / "lmdb")}
        assert all(writer.has(key) for key in places)
        writer.keep_only(set())
        assert not any(writer.has(key) for key in places)
