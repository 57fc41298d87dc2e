from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from disk_layout import SHARES, DiskLayout, add_pair, order, picture, save

from moei_toolkit.config.component import Component
from moei_toolkit.config.preparation import Preparation
from moei_toolkit.data.layouts.base import Leftover
from moei_toolkit.data.preparation.checking.inspection import Checks
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.preparation.prepared_set import read_findings, read_prepared
from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.records import Record, read_records
from moei_toolkit.data.storage.pair_writer import PairWriter
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.errors import DataError
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.preparing import choose_storage


class StoppedError(Exception):
    """Stands for whatever may end a preparation."""


class Counting(SilentReporter):
    """Remembers how much work there was."""

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}

    def progress(self, total, description):
        self.totals[description] = total
        return super().progress(total, description)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for number in range(12):
        add_pair(tmp_path / "root", f"s{number:02}", number)
    return tmp_path / "root"


def records_of(folder: Path) -> list[Record]:
    return read_records(folder / "meta.jsonl")


@pytest.mark.parametrize("storage", ["lmdb", "files"])
def test_every_pair_is_there_with_its_pixels(pairs, tmp_path, storage):
    out = tmp_path / "out"
    prepared = prepare(order(pairs, storage=storage), out, SilentReporter())
    records = records_of(out)
    assert (prepared.images, prepared.scenes, prepared.dropped) == (24, 12, 0) == (len(records), 12, 0)
    with PixelStore(out) as store:
        for record in records:
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash
            assert np.array_equal(store.clean(record), picture(int(record.scene_id[1:])))
            assert record.degradation != "clean" or record.severity == 0
    assert {record.split for record in records} == set(SHARES)
    for scene in {record.scene_id for record in records}:
        assert len({record.split for record in records if record.scene_id == scene}) == 1
    assert all((record.shift is None) == (record.degradation == "clean") for record in records)
    assert read_prepared(out) == prepared


def test_too_few_are_left_and_what_became_of_the_others_is_told(pairs, tmp_path):
    for path in sorted((pairs / "clean").iterdir())[:9]:
        path.write_bytes(b"")
    said = r"6 captures or more .* got 3\. .*18 files were left out before, the first clean/s00\.png: .*empty"
    with pytest.raises(DataError, match=said):
        prepare(order(pairs), tmp_path / "out", SilentReporter())


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


def test_damaged_pixels_are_found_and_mended_on_request(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    records = records_of(out)
    content = bytearray((out / "pairs.lmdb").read_bytes())
    place = content.find(picture(5).tobytes()[1000:1400])
    assert place > 0
    content[place : place + 100] = bytes(100)
    (out / "pairs.lmdb").write_bytes(bytes(content))
    plain, verifying = Counting(), Counting()
    prepare(order(pairs), out, plain)
    prepare(order(pairs, verify=True), out, verifying)
    assert (plain.totals["check"], verifying.totals["check"]) == (0, 1)
    assert records_of(out) == records
    with PixelStore(out) as store:
        for record in records:
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash


def test_damaged_files_are_found_and_mended_on_request(pairs, tmp_path):
    out = tmp_path / "out"
    clean = partial(order, pairs, layout=DiskLayout(pairs, paired=False), storage="files")
    prepare(clean(), out, SilentReporter())
    records = records_of(out)
    cut, swapped = sorted((out / "images").iterdir())[:2]
    cut.write_bytes(cut.read_bytes()[:100])
    save(swapped, picture(7))
    plain, verifying = Counting(), Counting()
    prepare(clean(), out, plain)
    prepare(clean(verify=True), out, verifying)
    assert plain.totals["draw"] == 0 < verifying.totals["draw"]
    assert records_of(out) == records
    with PixelStore(out) as store:
        for record in records:
            store.verify(record)


def test_a_damaged_header_is_mended_like_damaged_pixels(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    records = records_of(out)
    content = (out / "pairs.lmdb").read_bytes()
    (out / "pairs.lmdb").write_bytes(content.replace(b"MOEI", b"XXXX"))
    with pytest.raises(DataError, match="damaged or foreign"), PixelStore(out) as store:
        store.degraded(records[0])
    prepare(order(pairs), out, SilentReporter())
    assert records_of(out) == records
    with PixelStore(out) as store:
        for record in records:
            store.verify(record)


def test_a_clean_file_that_was_replaced_is_noticed(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs, storage="files"), out, SilentReporter())
    hazy = next(record for record in records_of(out) if record.id == "s03-haze")
    save(pairs / "clean" / "s03.png", picture(300))
    with PixelStore(out) as store, pytest.raises(DataError, match=r"s03-haze.*at source/clean/s03\.png, got"):
        store.pair(hazy)


def test_what_a_layout_leaves_out_on_purpose_is_told_and_is_no_fault(pairs, tmp_path):
    class Choosy(DiskLayout):
        def leftovers(self):
            yield Leftover(self.root / "dark", "nobody asked for it", meant=True)

    prepared = prepare(order(pairs, layout=Choosy(pairs)), tmp_path / "out", SilentReporter())
    assert prepared.dropped == 0
    assert Finding("dark", "aside", "nobody asked for it", True) in read_findings(tmp_path / "out")


def test_what_stopped_before_its_first_result_goes_on(pairs, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("moei_toolkit.data.preparation.prepare.inspect_scene", Mock(side_effect=StoppedError))
        with pytest.raises(StoppedError):
            prepare(order(pairs), out, SilentReporter())
    assert (out / "pairs.lmdb").is_file()
    prepare(order(pairs), out, SilentReporter())
    assert len(records_of(out)) == 24
    assert not (out / "begun.json").exists()


def test_what_was_stopped_keeps_its_storage_unless_another_is_asked_for(pairs, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr("moei_toolkit.data.preparation.prepare.inspect_scene", Mock(side_effect=StoppedError))
    with pytest.raises(StoppedError):
        prepare(order(pairs, storage="files"), out, SilentReporter())
    layout = Component(type="pairs", arguments={"root": str(pairs), "degradation": "haze"})
    config = Preparation(layout=layout, weather={"haze": Component(type="haze")})
    assert choose_storage(config, out) == "files"
    assert choose_storage(config.model_copy(update={"storage": "lmdb"}), out) == "lmdb"


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


def test_other_weather_estimates_severities_anew(pairs, tmp_path):
    counting = Counting()
    prepare(order(pairs), tmp_path / "out", SilentReporter())
    other = {"haze": {"type": "haze", "beta": (0.5, 1.0)}}
    prepare(order(pairs, weather_config=other), tmp_path / "out", counting)
    assert counting.totals["check"] == 12


def test_what_a_repair_leaves_has_to_be_large_enough(pairs, tmp_path):
    large = picture(40)
    save(pairs / "clean" / "moved.png", large[:90, :90])
    save(pairs / "haze" / "moved.png", large[6:96, 4:94])
    checks = Checks(smallest_side=88, misaligned="repair")
    prepare(order(pairs, checks=checks), tmp_path / "out", SilentReporter())
    found = {one.path: one for one in read_findings(tmp_path / "out") if one.kind == "misaligned"}
    assert found["haze/moved.png"].dropped
    assert "only 86x84 pixels are left" in found["haze/moved.png"].reason


@pytest.mark.parametrize("name", ["meta.jsonl", "splits.json", "prepared.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_tables_that_a_kill_left_apart_are_made_anew(pairs, tmp_path, name, damage):
    out = tmp_path / "out"
    config = Preparation(
        layout=Component(type="pairs", arguments={"root": str(pairs), "degradation": "haze"}),
        weather={"haze": Component(type="haze")},
    )
    assert choose_storage(config, out) == "lmdb"
    prepare(order(pairs), out, SilentReporter())
    before = (out / "meta.jsonl").read_bytes()
    (out / name).write_bytes((out / name).read_bytes()[:-5]) if damage == "cut" else (out / name).unlink()
    if name == "splits.json":
        with pytest.raises(DataError, match=r"bring back the file|Bring it back"):
            prepare(order(pairs), out, SilentReporter())
        return
    assert choose_storage(config, out) == "lmdb"
    prepare(order(pairs), out, SilentReporter())
    assert (out / "meta.jsonl").read_bytes() == before
    read_prepared(out)


def test_nobody_elses_files_are_written_over_or_removed(pairs, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("mine")
    with pytest.raises(DataError, match=r"a new or empty folder, or a prepared set, it holds report.html"):
        prepare(order(pairs, storage="files"), out, SilentReporter())
    (out / "report.html").unlink()
    prepare(order(pairs, storage="files"), out, SilentReporter())
    (out / "images").mkdir(exist_ok=True)
    (out / "images" / "mine.png").write_bytes(b"mine")
    prepare(order(pairs, storage="files"), out, SilentReporter())
    assert (out / "images" / "mine.png").read_bytes() == b"mine"


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


def test_other_checks_are_another_result(pairs, tmp_path):
    out, counting = tmp_path / "out", Counting()
    prepare(order(pairs), out, SilentReporter())
    prepare(order(pairs, checks=Checks(smallest_side=33)), out, counting)
    assert counting.totals["check"] == 12


def test_what_is_wrong_is_listed_and_the_rest_is_prepared(pairs, tmp_path):
    (pairs / "clean" / "s01.png").write_bytes(b"")
    (pairs / "haze" / "s02.png").write_bytes((pairs / "haze" / "s02.png").read_bytes()[:500])
    save(pairs / "haze" / "s03.png", picture(3, 64))
    save(pairs / "haze" / "orphan.png", picture(50))
    save(pairs / "clean" / "s04.png", picture(4, 24))
    out = tmp_path / "out"
    prepared = prepare(order(pairs), out, SilentReporter())
    dropped = {finding.path: finding for finding in read_findings(out) if finding.dropped}
    assert dropped.keys() == {
        "clean/s01.png", "haze/s01.png", "haze/s02.png", "haze/s03.png", "haze/orphan.png",
        "clean/s04.png", "haze/s04.png",
    }  # fmt: skip
    assert prepared.dropped == 7
    assert (dropped["haze/s01.png"].kind, dropped["haze/orphan.png"].kind) == ("unpaired", "leftover")
    assert "96" in dropped["haze/s03.png"].reason
    ids = {record.id for record in records_of(out)}
    assert ids.isdisjoint({"s01", "s01-haze", "s02-haze", "s03-haze", "s04", "s04-haze"})
    assert {"s02", "s03", "s00-haze", "s11-haze"} <= ids


def test_photographs_that_look_alike_are_one_capture(pairs, tmp_path):
    alike = np.clip(picture(1).astype(np.int16) + 2, 0, 255).astype(np.uint8)
    for name in ("t1", "t2", "t3"):
        save(pairs / "clean" / f"{name}.png", alike)
        save(pairs / "haze" / f"{name}.png", (alike * 0.5 + 110).astype(np.uint8))
    prepare(order(pairs), tmp_path / "out", SilentReporter())
    found = [
        record for record in records_of(tmp_path / "out") if record.scene_id in ("s01", "t1", "t2", "t3")
    ]
    assert len({record.capture_id for record in found}) == len({record.split for record in found}) == 1
    listed = {finding.path for finding in read_findings(tmp_path / "out") if finding.kind == "duplicate"}
    assert listed == {"clean/t1.png", "clean/t2.png", "clean/t3.png"}


def test_weather_is_drawn_over_clean_photographs(pairs, tmp_path):
    clean_only = order(pairs, layout=DiskLayout(pairs, paired=False))
    out = tmp_path / "out"
    prepare(clean_only, out, SilentReporter())
    records = records_of(out)
    for split, draws in (("train", 2), ("test", 1), ("route", 0)):
        mine = [record for record in records if record.split == split]
        scenes = {record.scene_id for record in mine}
        assert len([record for record in mine if record.degradation == "haze"]) == draws * len(scenes)
    assert all(record.severity_estimate is not None for record in records if record.degradation == "haze")
    with PixelStore(out) as store:
        for record in records:
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash
    counting = Counting()
    prepare(clean_only, out, counting)
    assert counting.totals == {"check": 0, "draw": 0}
    prepare(replace(clean_only, seed=1), out, counting)
    assert (counting.totals["check"], counting.totals["draw"]) == (0, 12)


def test_files_that_stay_where_they_are_and_weather_beside_them(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs, layout=DiskLayout(pairs, paired=False), storage="files"), out, SilentReporter())
    assert not (out / "pairs.lmdb").exists()
    assert json.loads((out / "sources.json").read_text()) == {"source": str(pairs)}
    with PixelStore(out) as store:
        for record in records_of(out):
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash


def test_a_misaligned_pair(pairs, tmp_path):
    clean = picture(40, 256)
    save(pairs / "clean" / "moved.png", clean[4:, 3:])
    save(pairs / "haze" / "moved.png", (clean[:-4, :-3] * 0.5 + 110).astype(np.uint8))
    for misaligned, there, dropped in (("list", True, False), ("drop", False, True), ("repair", True, False)):
        out = tmp_path / misaligned
        prepare(order(pairs, checks=Checks(32, 0.5, misaligned)), out, SilentReporter())
        findings = [finding for finding in read_findings(out) if finding.kind == "misaligned"]
        assert [(finding.path, finding.dropped) for finding in findings] == [("haze/moved.png", dropped)]
        assert any(record.id == "moved-haze" for record in records_of(out)) == there
    record = next(record for record in records_of(tmp_path / "repair") if record.id == "moved-haze")
    with PixelStore(tmp_path / "repair") as store:
        degraded, repaired = store.degraded(record).astype(float), store.clean(record).astype(float)
    inner = np.s_[8:-8, 8:-8]
    assert np.abs((degraded - 110)[inner] * 2 - repaired[inner]).mean() < 3


def test_nothing_there(tmp_path):
    (tmp_path / "root" / "clean").mkdir(parents=True)
    (tmp_path / "root" / "haze").mkdir()
    with pytest.raises(DataError, match="expected scenes, found none"):
        prepare(order(tmp_path / "root"), tmp_path / "out", SilentReporter())


def test_nothing_usable(tmp_path):
    (tmp_path / "root" / "haze").mkdir(parents=True)
    for name in ("a", "b"):
        path = tmp_path / "root" / "clean" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no image")
    with pytest.raises(DataError, match=r"clean/a\.png"):
        prepare(order(tmp_path / "root"), tmp_path / "out", SilentReporter())


def test_a_changed_table_is_no_prepared_set(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    lines = (out / "meta.jsonl").read_text().splitlines()
    (out / "meta.jsonl").write_text("\n".join(lines[1:]) + "\n")
    with pytest.raises(DataError, match=r"meta\.jsonl: expected sha256"):
        read_prepared(out)
    with pytest.raises(DataError, match=r"tools/prepare_data\.py"):
        read_prepared(tmp_path)


def verify(folder: Path) -> None:
    with PixelStore(folder) as store:
        for record in records_of(folder):
            store.verify(record)


@pytest.mark.parametrize("storage", ["lmdb", "files"])
@pytest.mark.parametrize("changed", ["seed", "pixels"])
def test_what_was_prepared_stays_true_until_it_is_prepared_anew(
    pairs, tmp_path, storage, changed, monkeypatch
):
    out = tmp_path / "out"
    first = order(pairs, layout=DiskLayout(pairs, paired=False), storage=storage)
    prepare(first, out, SilentReporter())
    verify(out)
    if changed == "pixels" and storage == "lmdb":
        add_pair(pairs, "s03", 300)
    with monkeypatch.context() as patch:
        patch.setattr("moei_toolkit.data.preparation.prepare._write", stop)
        with pytest.raises(StoppedError):
            prepare(replace(first, seed=1), out, SilentReporter())
    assert read_prepared(out).settings["seed"] == 0
    verify(out)
    prepare(first, out, SilentReporter())
    verify(out)
    prepare(replace(first, seed=1), out, SilentReporter())
    verify(out)


def stop(*arguments: object) -> None:
    raise StoppedError


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


def test_files_that_change_after_preparation_are_noticed(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs, storage="files"), out, SilentReporter())
    record = next(record for record in records_of(out) if record.id == "s02-haze")
    save(pairs / "haze" / "s02.png", picture(77))
    with PixelStore(out) as store, pytest.raises(DataError, match=r"s02-haze.*expected pixels of sha256"):
        store.degraded(record)


def test_a_set_inside_its_own_root_is_refused(pairs):
    with pytest.raises(DataError, match="expected a folder outside of"):
        prepare(order(pairs), pairs / "out", SilentReporter())
    assert not (pairs / "out").exists()


def test_a_photograph_named_as_one_that_is_drawn(pairs, tmp_path):
    save(pairs / "clean" / "s00-haze-0.png", picture(60))
    for name in ("s00", "s01", "s02"):
        save(pairs / "clean" / f"{name}-haze-0.png", picture(60 + int(name[1:])))
    everywhere = dict.fromkeys(SHARES, 1)
    with pytest.raises(DataError, match=r"two images would be called 's0[012]-haze-0'"):
        prepare(
            order(pairs, layout=DiskLayout(pairs, paired=False), draws=everywhere),
            tmp_path / "out",
            SilentReporter(),
        )
    assert not (tmp_path / "out" / "prepared.json").exists()


def test_names_longer_than_a_key(pairs, tmp_path):
    class Long(DiskLayout):
        def scenes(self, seed):
            for scene in super().scenes(seed):
                yield replace(scene, id=scene.id + "x" * 600, degraded=())

    out = tmp_path / "out"
    prepare(order(pairs, layout=Long(pairs)), out, SilentReporter())
    assert len(records_of(out)) > 12
    verify(out)


KILLED = """
import sys
from pathlib import Path
from disk_layout import order
from moei_toolkit.data.preparation import steps
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.preparing import choose_storage

steps.COMMIT_SECONDS = 0.0
prepare(order(Path(sys.argv[1])), Path(sys.argv[2]), SilentReporter())
"""


@pytest.mark.parametrize("wanted", [1, 5])
def test_a_killed_preparation_goes_on(pairs, tmp_path, wanted):
    out, whole = tmp_path / "out", tmp_path / "whole"
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    paths = [str(Path(__file__).parent), *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    ledger = out / "ledger.jsonl"
    with subprocess.Popen([sys.executable, script, pairs, out], env=environment) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if ledger.is_file() and ledger.read_text().count("}\n") >= wanted:
                break
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    with ledger.open("a") as file:
        file.write('{"step": "check", "scene": "s0')  # as if the last line had been cut short
    counting = Counting()
    prepare(order(pairs), out, counting)
    assert counting.totals["check"] <= 12 - wanted
    prepare(order(pairs), whole, SilentReporter())
    for name in ("meta.jsonl", "splits.json", "findings.jsonl", "prepared.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    with PixelStore(out) as store:
        for record in records_of(out):
            assert hashlib.sha256(store.degraded(record).tobytes()).hexdigest() == record.hash
