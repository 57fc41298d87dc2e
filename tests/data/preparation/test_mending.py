"""Damaged pixels, headers and tables are found, and mended; strangers' files stay."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest
from counting import Counting
from disk_layout import DiskLayout, order, picture, records_of, save

from moei_toolkit.config.component import Component
from moei_toolkit.config.preparation import Preparation
from moei_toolkit.data.preparation.checking.inspection import Checks
from moei_toolkit.data.preparation.prepare import prepare
from moei_toolkit.data.preparation.prepared_set import read_findings, read_prepared
from moei_toolkit.data.storage.pixel_store import PixelStore
from moei_toolkit.errors import DataError
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.pipeline.preparing import choose_storage


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


def test_a_changed_table_is_no_prepared_set(pairs, tmp_path):
    out = tmp_path / "out"
    prepare(order(pairs), out, SilentReporter())
    lines = (out / "meta.jsonl").read_text().splitlines()
    (out / "meta.jsonl").write_text("\n".join(lines[1:]) + "\n")
    with pytest.raises(DataError, match=r"meta\.jsonl: expected sha256"):
        read_prepared(out)
    with pytest.raises(DataError, match=r"tools/prepare_data\.py"):
        read_prepared(tmp_path)


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
