"""The page of a prepared set says what its tables say, shows pairs, and shows strange names as they are."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from moei_toolkit.data.preparation.prepared_set import (
    FINDINGS_NAME,
    PREPARED_NAME,
    SPLITS_NAME,
    PreparedSet,
    hash_tables,
    write_findings,
    write_prepared,
)
from moei_toolkit.data.preparation.results import Finding
from moei_toolkit.data.preparation.splitting.split_manifest import (
    SplitManifest,
    hash_splits,
    write_split_manifest,
)
from moei_toolkit.data.records import RECORDS_NAME, Record, write_records
from moei_toolkit.errors import DataError
from moei_toolkit.report.blocks.table import SortableTable
from moei_toolkit.report.data_page import FINDINGS_SHOWN, render_data_page, write_data_report
from moei_toolkit.report.figures.severity_estimates import SHOWN
from moei_toolkit.report.tables.data import SIZES_SHOWN, counts_table, sizes_table

NASTY = "</script><script>alert('x')</script><img src=http://a.example/x> & \"quotes\" $x$"
WEATHER = {"haze": 40, "rain": 7, "rain_haze": 2}
SPLITS = ("train", "val", "test")


class GrayPixels:
    """Stands in for the pixels of a set; notes what is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def degraded(self, record: Record) -> np.ndarray:
        self.asked.append(record.id)
        return np.full((record.height, record.width, 3), round(255 * record.severity), np.uint8)

    def clean(self, record: Record) -> np.ndarray:
        return np.zeros((record.height, record.width, 3), np.uint8)


def some_records() -> list[Record]:
    """Clean images, and degraded ones whose severities run from 0.1 to 1."""
    records = [record(f"scene{number}", "clean", 0.0, number) for number in range(6)]
    for weather, count in WEATHER.items():
        severities = np.linspace(0.1, 1.0, count).tolist()
        records += [
            record(f"{weather}-{number}", weather, severity, number)
            for number, severity in enumerate(severities)
        ]
    return records


def record(name: str, degradation: str, severity: float, number: int) -> Record:
    scene = f"scene{number % 6}"
    return Record(
        id=name,
        dataset="mine",
        scene_id=scene,
        split=SPLITS[number % 6 % 3],
        path_raw=f"pairs.lmdb#{name}",
        path_gt=f"pairs.lmdb#{scene}",
        width=640 + 64 * (number % 2),
        height=400,
        degradation=degradation,
        severity=severity,
        capture_id=f"capture{number % 3}",
        hash=f"{number:064x}",
        source="photograph",
        severity_estimate=None if degradation == "clean" else round(0.9 * severity, 3),
    )


RECORDS = some_records()
FINDINGS = [
    Finding("b/zero.png", "unusable", "it is empty", True),
    Finding("a/cut.png", "unusable", "it is cut short", True),
    Finding("a/gray.png", "remark", "it is gray", False),
]


def manifest_of(records: list[Record]) -> SplitManifest:
    captures = {one.capture_id: one.split for one in records}
    return SplitManifest(seed=5, shares={"train": 1.0}, captures=captures, hashes=hash_splits(records))


def prepared_of(records: list[Record], findings: list[Finding], hashes: dict[str, str]) -> PreparedSet:
    return PreparedSet(
        layout={"type": "clean_photos", "root": "my photos"},
        storage="lmdb",
        settings={"seed": 5, "weather": {"haze": {"type": "haze", "beta": [0.5, 2.0]}}, "draws": {}},
        images=len(records),
        scenes=len({one.scene_id for one in records}),
        dropped=sum(finding.dropped for finding in findings),
        hashes=hashes,
    )


def page_of(records=RECORDS, findings=FINDINGS, pixels=None) -> str:
    prepared = prepared_of(records, findings, {"meta.jsonl": "0" * 64})
    return render_data_page(
        "a set", prepared, manifest_of(records), records, findings, pixels or GrayPixels()
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    write_records(tmp_path / RECORDS_NAME, RECORDS)
    write_split_manifest(tmp_path / SPLITS_NAME, manifest_of(RECORDS))
    write_findings(tmp_path, FINDINGS)
    write_prepared(tmp_path, prepared_of(RECORDS, FINDINGS, hash_tables(tmp_path)))
    return tmp_path


def rows_of(page: str, title: str) -> list[list[str]]:
    """The cells of the table under a title."""
    body = page[page.index(f"<h3>{title}</h3>") :].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]


def data_of(page: str, title: str) -> list[dict[str, str]]:
    """The numbers behind the figure under a title."""
    found = re.search(
        r"base64,([\w+/=]+)", page[page.index(f"<h3>{title}</h3>") :].partition("Data (CSV)")[0]
    )
    assert found
    return list(csv.DictReader(io.StringIO(base64.b64decode(found[1]).decode())))


def test_counts_are_those_of_the_records():
    rows = rows_of(page_of(), "Images by degradation and split")
    assert rows[0] == ["degradation", *SPLITS, "all"]
    counts = Counter((one.degradation, one.split) for one in RECORDS)
    for name, *cells in rows[1:5]:
        assert cells == [*(str(counts[name, split]) for split in SPLITS), str(sum(map(int, cells[:-1])))]
    assert [row[0] for row in rows[1:5]] == ["clean", "haze", "rain", "rain_haze"]
    sums = {row[0]: row[-1] for row in rows[5:]}
    area = sum(one.width * one.height for one in RECORDS) / 1e6
    assert sums == {
        "all images": str(len(RECORDS)),
        "scenes": "6",
        "captures": "3",
        "megapixels": f"{area:.0f}",
    }


def test_the_top_says_how_many_and_what_was_left_out():
    page = page_of()
    values = re.findall(r'<dd class="value">([\d,]+)', page)
    area = sum(one.width * one.height for one in RECORDS) / 1e6
    assert values == [str(len(RECORDS)), "6", "3", f"{area:.0f}", "2"]
    assert f"{len(RECORDS)} images of 6 scenes in the splits train, val, test." in page


def test_histograms_count_every_degraded_image_once():
    rows = data_of(page_of(), "Severity by degradation and split")
    for weather, count in WEATHER.items():
        assert sum(int(row["images"]) for row in rows if row["degradation"] == weather) == count
    assert {row["degradation"] for row in rows} == set(WEATHER)
    of_haze = [one.severity for one in RECORDS if (one.degradation, one.split) == ("haze", "val")]
    expected = np.histogram(of_haze, np.linspace(0, 1, 11))[0]
    found = [int(row["images"]) for row in rows if (row["degradation"], row["split"]) == ("haze", "val")]
    assert found == expected.tolist()


def test_estimates_are_those_of_the_records():
    rows = data_of(page_of(), "Severity against its estimate")
    stated = {one.id: (one.severity, one.severity_estimate) for one in RECORDS if one.degradation != "clean"}
    assert {row["image"]: (float(row["severity"]), float(row["estimate"])) for row in rows} == stated
    assert "haze: \N{GREEK SMALL LETTER RHO} = 1.00" in page_of()


def test_an_estimate_that_stands_for_the_severity_says_so():
    same = [replace(one, severity_estimate=one.severity) for one in RECORDS]
    assert "haze: the estimate stands for it" in page_of(same)
    none = [replace(one, severity_estimate=None) for one in RECORDS]
    assert "Not measured: nothing is known to estimate" in page_of(none)
    equal = [replace(one, severity_estimate=0.5) for one in RECORDS]
    assert "rain: 7 images" in page_of(equal)


def test_light_middle_and_heavy_pairs_are_shown():
    pixels = GrayPixels()
    page = page_of(pixels=pixels)
    assert pixels.asked[:6] == [f"haze-{number}" for number in (0, 1, 19, 20, 38, 39)]
    assert pixels.asked[6:] == [f"rain-{number}" for number in (0, 1, 2, 3, 5, 6)] + [
        "rain_haze-0",
        "rain_haze-1",
    ]
    pictures = re.findall(r'src="data:image/jpeg;base64,([\w+/=]+)"', page)
    assert len(pictures) == 2 * len(pixels.asked)
    heavy = Image.open(io.BytesIO(base64.b64decode(pictures[10])))
    assert heavy.size == (360, 205)
    assert abs(np.asarray(heavy, int).mean() - 255 * RECORDS[6 + 39].severity) < 2
    assert "severity 1.00, estimated 0.90; 704 x 400; val" in page


def test_many_degradations_share_the_page():
    many = [
        replace(one, id=f"{one.id}-{n}", degradation=f"kind{n}") for n in range(8) for one in RECORDS[6:46]
    ]
    pixels = GrayPixels()
    page_of(many, pixels=pixels)
    assert len(pixels.asked) == 8 * 3


def test_findings_are_grouped_and_the_rest_is_counted():
    many = [
        Finding(f"{n:04}.png", "duplicate", f"as {n + 1:04}.png", True) for n in range(FINDINGS_SHOWN + 5)
    ]
    page = page_of(findings=[*FINDINGS, *many])
    rows = rows_of(page, "What was found")
    assert rows[1:] == [
        ["duplicate", str(FINDINGS_SHOWN + 5), str(FINDINGS_SHOWN + 5), "as 0001.png"],
        ["remark", "1", "0", "it is gray"],
        ["unusable", "2", "2", "it is empty"],
    ]
    lists = dict(re.findall(r"<summary>(\w+): [^<]*</summary><pre[^>]*>([^<]*)</pre>", page))
    assert lists["unusable"] == "a/cut.png: it is cut short (left out)\nb/zero.png: it is empty (left out)"
    assert lists["remark"] == "a/gray.png: it is gray"
    lines = lists["duplicate"].splitlines()
    assert len(lines) == FINDINGS_SHOWN + 1
    assert lines[-1] == "and 5 more, in findings.jsonl"


def test_settings_and_hashes_are_told():
    told = dict(rows_of(page_of(), "Settings and hashes")[1:])
    assert told["layout.type"] == "clean_photos"
    assert told["settings.weather.haze.beta"] == "0.5, 2.0"
    assert told["settings.draws"] == "none"
    assert told["hashes.meta.jsonl"] == "0" * 64
    assert told["splits.hashes.val"] == hash_splits(RECORDS)["val"]


def test_strange_names_are_shown_as_they_are():
    strange = [
        replace(one, id=f"{one.id} {NASTY}", dataset=NASTY, degradation=f"{one.degradation} {NASTY}")
        for one in RECORDS
    ]
    nasty = [Finding(f"{NASTY}\n\u202e.png", NASTY, f"it is {NASTY}\n\x1b[31m", True)]
    page = page_of(strange, nasty)
    assert page.count("<script>") == 1, "its own"
    assert not re.search(r"<img src=http", page)
    assert "&lt;/script&gt;&lt;script&gt;alert" in page
    assert "\\n\\u202e.png: it is " in page
    assert "\\n\\x1b[31m (left out)</pre>" in page


def test_a_set_without_images_says_what_became_of_them():
    page = page_of([], FINDINGS)
    assert "There is no image in it. Files left out: 2;" in page
    assert "There are no degraded images." in page


def test_the_most_frequent_sizes_come_first():
    sizes = [replace(RECORDS[0], id=str(n), width=64 + n % 25, height=64 + n % 5 // 4) for n in range(60)]
    table = sizes_table(sizes)
    counts = Counter((one.width, one.height) for one in sizes)
    assert len(table.rows) == SIZES_SHOWN
    assert [row[2] for row in table.rows] == sorted((row[2] for row in table.rows), reverse=True)
    hidden = len(sizes) - sum(int(row[2]) for row in table.rows)
    assert f"{len(counts) - SIZES_SHOWN} more sizes, of {hidden} images" in table.note


def test_large_sets_are_drawn_from_samples():
    many = [
        replace(RECORDS[6], id=str(n), severity=n / 2000, severity_estimate=n / 2000 / 2) for n in range(2000)
    ]
    rows = data_of(page_of(many), "Severity against its estimate")
    assert len(rows) == SHOWN
    assert (rows[0]["image"], rows[-1]["image"]) == ("0", "1999")
    assert "1,999" not in SortableTable(counts_table(many)).html()
    assert "2,000" in SortableTable(counts_table(many)).html()


def test_the_page_lies_in_the_folder(folder, monkeypatch):
    class Store(GrayPixels):
        def __init__(self, where: Path) -> None:
            super().__init__()
            assert where == folder

        def __enter__(self):
            return self

        def __exit__(self, *error) -> None:
            closed.append(True)

    closed: list[bool] = []
    monkeypatch.setattr("moei_toolkit.report.data_page.PixelStore", Store)
    path = write_data_report(folder)
    assert path == folder / "report.html"
    page = path.read_text(encoding="utf-8")
    assert rows_of(page, "Images by degradation and split")[5][-1] == str(len(RECORDS))
    assert hash_tables(folder)[RECORDS_NAME] in page
    assert closed == [True]
    assert write_data_report(folder).read_text(encoding="utf-8") == page, "the same bytes every time"


@pytest.mark.parametrize("name", [RECORDS_NAME, SPLITS_NAME, FINDINGS_NAME, PREPARED_NAME])
@pytest.mark.parametrize("content", [None, "{", "[1]\n"])
def test_a_missing_or_damaged_table_is_named(folder, name, content):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(DataError, match=re.escape(name)):
        write_data_report(folder)
    assert not (folder / "report.html").exists()


def test_images_that_are_not_there_are_named(folder):
    with pytest.raises(DataError, match=r"haze-0"):
        write_data_report(folder)


def test_another_version_is_refused(folder):
    text = json.loads((folder / PREPARED_NAME).read_text())
    (folder / PREPARED_NAME).write_text(json.dumps({**text, "version": 2}))
    with pytest.raises(DataError, match="version"):
        write_data_report(folder)
