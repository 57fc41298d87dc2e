from __future__ import annotations

import pytest

from moei_toolkit.data.preparation.keeping.ledger import Entry, Ledger
from moei_toolkit.data.preparation.results import Finding, SceneResult, Seen

IMAGE = Seen("a", "haze", 0.25, None, 4, 3, "0" * 64, "a")
RESULT = SceneResult((IMAGE,), "00ff" * 4, (Finding("a\u2028b.png", "remark", "is \u00fcber\nlong", False),))


def entry(scene: str, signature: str = "s") -> Entry:
    return Entry("check", scene, signature, RESULT, {"a": "pairs.lmdb#a"})


def test_entries_come_back_as_they_were(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.add([entry("one"), entry("two")])
    again = Ledger(tmp_path)
    assert again.find("check", "one", "s") == entry("one")
    assert again.find("check", "two", "other") is None
    assert again.find("draw", "one", "s") is None


def test_the_last_entry_of_a_scene_counts(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.add([entry("one", "old")])
        ledger.add([entry("one", "new")])
    assert Ledger(tmp_path).find("check", "one", "old") is None
    assert Ledger(tmp_path).find("check", "one", "new") == entry("one", "new")


@pytest.mark.parametrize("cut", [2, 20, 100])
def test_a_line_that_is_cut_short_costs_one_scene(tmp_path, cut):
    with Ledger(tmp_path) as ledger:
        ledger.add([entry("one"), entry("two")])
    ledger.path.write_bytes(ledger.path.read_bytes()[:-cut])
    with Ledger(tmp_path) as again:
        assert again.find("check", "one", "s") == entry("one")
        assert again.find("check", "two", "s") is None
        again.add([entry("three")])
    assert Ledger(tmp_path).find("check", "three", "s") == entry("three")


def test_what_is_foreign_is_nothing(tmp_path):
    (tmp_path / "ledger.jsonl").write_bytes(b'[]\n{"step": 1}\n\xff\xfe\n')
    with Ledger(tmp_path) as ledger:
        ledger.add([entry("one")])
        assert ledger.find("check", "one", "s") == entry("one")


def test_forgetting(tmp_path):
    with Ledger(tmp_path) as ledger:
        ledger.add([entry("one"), entry("two"), entry("one", "new")])
        ledger.keep_only({("check", "one")})
    assert ledger.path.read_text().count("\n") == 1
    assert Ledger(tmp_path).find("check", "one", "new") == entry("one", "new")
