"""What a prepared set holds, and what is told of the rest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from counting import Counting
from disk_layout import SHARES, DiskLayout, order, picture, records_of, save, verify

from moei_toolkit.data.layouts.base import Leftover
from moei_toolkit.data.preparation.checking.inspection import Checks
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.preparation.prepared_set import read_findings, read_prepared
from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.errors import DataError
from moei_toolkit.io.reporter import SilentReporter


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


def test_what_a_layout_leaves_out_on_purpose_is_told_and_is_no_fault(pairs, tmp_path):
    class Choosy(DiskLayout):
        def leftovers(self):
            yield Leftover(self.root / "dark", "nobody asked for it", meant=True)

    prepared = prepare(order(pairs, layout=Choosy(pairs)), tmp_path / "out", SilentReporter())
    assert prepared.dropped == 0
    assert Finding("dark", "aside", "nobody asked for it", True) in read_findings(tmp_path / "out")


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
