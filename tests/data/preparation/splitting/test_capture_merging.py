"""What looks alike is in one split, and nothing that is held out was trained on."""

from __future__ import annotations

import random

import pytest

from moei_toolkit.data.preparation.splitting.capture_merging import merge_captures
from moei_toolkit.data.preparation.splitting.splits import assign_splits
from moei_toolkit.errors import DataError

SHARES = {"train": 0.6, "route": 0.1, "calibrate": 0.1, "val": 0.1, "test": 0.1}


def test_without_links_nothing_changes():
    captures = {"a": None, "b": "train", "c": "test"}
    merged = merge_captures(captures, [("a", "a")], {"a": "val"})
    assert merged.captures == captures
    assert merged.names == {"a": "a", "b": "b", "c": "c"}
    assert merged.kept == {"a": "val", "c": "test"}
    assert merged.dropped == {}


def test_a_chain_of_links_makes_one_capture():
    captures = dict.fromkeys("abcde")
    merged = merge_captures(captures, [("d", "b"), ("d", "e"), ("b", "e")], {})
    assert merged.captures == {"a": None, "b": None, "c": None}
    assert merged.names == {"a": "a", "b": "b", "c": "c", "d": "b", "e": "b"}


def test_what_is_free_joins_what_is_published_in_train():
    merged = merge_captures({"a": None, "b": "train"}, [("a", "b")], {})
    assert merged.captures == {"a": "train"}
    assert merged.dropped == {}


@pytest.mark.parametrize("held_out", ["test", "val", "calibrate", "route"])
@pytest.mark.parametrize("other", ["train", None])
def test_what_looks_like_a_published_held_out_image_is_dropped(held_out, other):
    merged = merge_captures({"a": other, "b": held_out, "c": other}, [("a", "b")], {})
    assert merged.dropped == {"a": f"it looks like 'b', which is in split '{held_out}'"}
    assert merged.captures == {"b": held_out, "c": other}
    assert merged.names == {"b": "b", "c": "c"}


def test_test_wins_over_validation():
    merged = merge_captures({"a": "val", "b": "test"}, [("a", "b")], {})
    assert merged.captures == {"b": "test"}
    assert list(merged.dropped) == ["a"]


def test_two_published_test_images_are_one_capture_of_test():
    merged = merge_captures({"a": "test", "b": "test"}, [("a", "b")], {})
    assert merged.captures == {"a": "test"}
    assert merged.names == {"a": "a", "b": "a"}


def test_a_new_photograph_joins_the_split_of_what_it_looks_like():
    merged = merge_captures({"z": None, "a": None}, [("a", "z")], {"z": "test"})
    assert merged.captures == {"z": None}  # it stays what it was called
    assert merged.kept == {"z": "test"}
    assert merged.names == {"a": "z", "z": "z"}


def test_published_train_may_join_what_was_divided_from_it_but_not_test():
    captures = {"a": "train", "b": "train"}
    assert merge_captures(captures, [("a", "b")], {"a": "val"}).kept == {"a": "val"}
    captures = {"a": None, "b": "train"}
    merged = merge_captures(captures, [("a", "b")], {"a": "test"})
    assert merged.captures == {"a": None}
    assert list(merged.dropped) == ["b"]


def test_a_link_between_earlier_splits_drops_the_weaker_one():
    """A new photograph between two old ones: a scene never moves, but it may have to go."""
    captures = dict.fromkeys("abc")
    merged = merge_captures(captures, [("a", "c"), ("c", "b")], {"a": "train", "b": "test"})
    assert merged.names == {"b": "b", "c": "b"}
    assert merged.kept == {"b": "test"}
    assert list(merged.dropped) == ["a"]


def test_an_earlier_assignment_that_cannot_be_is_named():
    with pytest.raises(DataError, match="capture 'a'"):
        merge_captures({"a": "test"}, [], {"a": "train"})


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_linked_ends_in_one_split_and_nothing_settled_moves(seed):
    rng = random.Random(seed)
    names = [f"capture-{number}" for number in range(60)]
    captures = {name: rng.choice([None, None, "train", "train", "val", "test"]) for name in names}
    links = [(rng.choice(names), rng.choice(names)) for _ in range(25)]
    free = [name for name in names if captures[name] is None]
    kept = {name: rng.choice(["train", "route", "val", "test"]) for name in rng.sample(free, len(free) // 2)}
    merged = merge_captures(captures, links, kept)
    splits = assign_splits(merged.captures, SHARES, 0, merged.kept)
    final = {name: splits[one] for name, one in merged.names.items()}
    assert merged.names.keys() | merged.dropped.keys() == captures.keys()
    assert not merged.names.keys() & merged.dropped.keys()
    assert all(final[one] == final[other] for one, other in links if one in final and other in final)
    assert all(final[name] == split for name, split in kept.items() if name in final)
    assert all(name in final for name, split in captures.items() if split == "test")
    assert all(
        final[name] == split for name, split in captures.items() if split in ("val", "test") and name in final
    )
    assert all(
        final[name] != "test" for name, split in captures.items() if split == "train" and name in final
    )
