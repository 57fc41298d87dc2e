"""Captures get splits in the right shares, always the same ones, and keep them."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from moei_toolkit.data.layouts.base import SPLITS
from moei_toolkit.data.preparation.splitting.splits import assign_splits
from moei_toolkit.errors import ConfigError, DataError

SHARES = {"train": 0.68, "route": 0.12, "calibrate": 0.08, "val": 0.04, "test": 0.08}


def photographs(count: int, published: str | None = None, name: str = "photo") -> dict[str, str | None]:
    return {f"{name}-{number}": published for number in range(count)}


def test_many_are_divided_by_shares_to_the_last_one():
    counts = Counter(assign_splits(photographs(1000), SHARES, 0, {}).values())
    assert counts == {"train": 680, "route": 120, "calibrate": 80, "val": 40, "test": 80}


def test_shares_need_not_sum_to_1():
    eightfold = {split: 8 * share for split, share in SHARES.items()}
    assert assign_splits(photographs(99), eightfold, 0, {}) == assign_splits(photographs(99), SHARES, 0, {})


def test_25_photographs_serve_every_split():
    counts = Counter(assign_splits(photographs(25), SHARES, 0, {}).values())
    assert counts == {"train": 17, "route": 3, "calibrate": 2, "val": 1, "test": 2}


def test_6_photographs_are_just_enough():
    counts = Counter(assign_splits(photographs(6), SHARES, 0, {}).values())
    assert counts == {"train": 1, "route": 1, "calibrate": 2, "val": 1, "test": 1}


def test_5_photographs_are_too_few_and_it_says_for_what():
    with pytest.raises(DataError, match=r"expected 6 captures or more .*2 for calibrate.*got 5\. Add photo"):
        assign_splits(photographs(5), SHARES, 0, {})
    without = {**SHARES, "calibrate": 0}
    assert len(set(assign_splits(photographs(5), without, 0, {}).values())) == 4


def test_neither_the_order_of_captures_nor_of_shares_matters():
    captures = list({**photographs(40), **photographs(40, "train", "published")}.items())
    expected = assign_splits(dict(captures), SHARES, 3, {})
    random.Random(0).shuffle(captures)
    found = assign_splits(dict(captures), dict(reversed(SHARES.items())), 3, {})
    assert list(found.items()) == list(expected.items())


def test_the_seed_decides_who_goes_where():
    one, other = (assign_splits(photographs(100), SHARES, seed, {}) for seed in (0, 1))
    assert Counter(one.values()) == Counter(other.values())
    assert one != other


def test_the_same_seed_gives_the_same_splits_in_every_version():
    found = assign_splits(photographs(7), SHARES, 0, {})
    places = ("calibrate", "calibrate", "route", "val", "test", "train", "train")
    assert found == dict(zip(photographs(7), places, strict=True))


@pytest.mark.parametrize("rounds", [1, 7])
def test_adding_photographs_moves_none(rounds):
    kept: dict[str, str] = {}
    for count in range(20, 20 + 40 * rounds, 40):
        found = assign_splits(photographs(count), SHARES, 0, kept)
        assert kept.items() <= found.items()
        kept = found
    shares = {split: count / len(kept) for split, count in Counter(kept.values()).items()}
    assert all(abs(shares[split] - SHARES[split]) < 0.05 for split in SPLITS)


def test_a_capture_that_is_gone_takes_no_place():
    kept = {f"gone-{number}": "train" for number in range(1000)}
    assert assign_splits(photographs(50), SHARES, 0, kept) == assign_splits(photographs(50), SHARES, 0, {})


def test_new_captures_make_up_for_what_is_lacking():
    kept = dict.fromkeys(photographs(60), "train")
    found = assign_splits(photographs(100), SHARES, 0, kept)
    new = Counter(split for name, split in found.items() if name not in kept)
    assert new == {"train": 8, "route": 12, "calibrate": 8, "val": 4, "test": 8}


def test_published_splits_stay_and_train_is_divided_without_test():
    captures = {**photographs(200, "train"), **photographs(30, "test", "t"), **photographs(3, "route", "r")}
    found = assign_splits(captures, SHARES, 0, {})
    assert {found[name] for name in photographs(30, name="t")} == {"test"}
    assert {found[name] for name in photographs(3, name="r")} == {"route"}
    counts = Counter(found.values())
    assert counts["test"] == 30
    left = 1 - SHARES["test"]
    assert all(abs(counts[split] - 203 * SHARES[split] / left) < 1.5 for split in SPLITS if split != "test")


def test_published_validation_counts_towards_the_share():
    captures = {**photographs(100, "train"), **photographs(50, "val", "v")}
    found = assign_splits(captures, SHARES, 0, {})
    assert {name for name, split in found.items() if split == "val"} == set(photographs(50, name="v"))


def test_published_train_alone_leaves_test_empty():
    counts = Counter(assign_splits(photographs(50, "train"), SHARES, 0, {}).values())
    assert counts["test"] == 0
    assert min(counts[split] for split in SPLITS if split != "test") >= 1


def test_what_is_published_leaves_test_to_what_is_free():
    captures = {**photographs(5, "train"), **photographs(1, name="free")}
    found = assign_splits(captures, SHARES, 0, {})
    assert found["free-0"] == "test"
    assert Counter(found.values()) == {"train": 1, "route": 1, "calibrate": 2, "val": 1, "test": 1}


def test_nothing_to_divide_is_nothing_to_complain_about():
    assert assign_splits({}, SHARES, 0, {}) == {}
    assert assign_splits({"a": "test"}, {}, 0, {}) == {"a": "test"}
    assert assign_splits({"a": None}, SHARES, 0, {"a": "route"}) == {"a": "route"}


def test_one_new_photograph_goes_where_none_is():
    kept = {"a": "train", "b": "route", "c": "calibrate", "d": "calibrate", "e": "val"}
    found = assign_splits({**dict.fromkeys(kept), "new": None}, SHARES, 0, kept)
    assert found["new"] == "test"


@pytest.mark.parametrize(("published", "before"), [("test", "train"), ("val", "test"), ("train", "test")])
def test_an_earlier_assignment_that_cannot_be_is_named(published, before):
    with pytest.raises(DataError, match=f"capture 'a': .*'{before}' .*published as '{published}'"):
        assign_splits({"a": published}, SHARES, 0, {"a": before})


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"trian": 1}, "unknown split 'trian'. Did you mean 'train'"),
        ({"train": -0.1}, r"shares\['train'\]: expected a number of 0 or more, got -0.1"),
        ({"train": float("nan")}, "got nan"),
        ({"train": float("inf")}, "got inf"),
        ({"train": 0}, "expected one above 0 among"),
        ({}, "expected one above 0 among"),
        ({"test": 1}, "expected one above 0 among"),
    ],
)
def test_shares_that_say_nothing_are_refused(shares, said):
    with pytest.raises(ConfigError, match=said):
        assign_splits({"a": "train"}, shares, 0, {})


@pytest.mark.parametrize("name", ["\udcff", "a\x00", "\u2028", ""])
def test_any_name_has_a_place(name):
    assert assign_splits({name: None}, {"train": 1}, 0, {}) == {name: "train"}
