"""A scene is known again by its pixels, or by the name of its photograph."""

from __future__ import annotations

from dataclasses import replace

import pytest

from moei_toolkit.data.overlap import capture_of, captures_shared
from moei_toolkit.data.records import Record

CLEAN = Record(
    id="bridge",
    dataset="town",
    scene_id="bridge",
    split="test",
    path_raw="pairs.lmdb#bridge",
    path_gt="pairs.lmdb#bridge",
    width=64,
    height=48,
    degradation="clean",
    severity=0.0,
    capture_id="walk",
    hash="a" * 64,
    source="photograph",
)
RAIN = replace(CLEAN, id="bridge-rain-0", degradation="rain", severity=0.5, hash="b" * 64)


def test_a_data_set_shares_everything_with_itself():
    assert captures_shared([CLEAN, RAIN], [CLEAN, RAIN]) == {("town", "walk")} == {capture_of(RAIN)}


@pytest.mark.parametrize(
    "change",
    [
        {"scene_id": "other", "capture_id": "other", "dataset": "other"},  # the same pixels by another name
        {"hash": "c" * 64, "capture_id": "other"},  # the same scene, made smaller
        {"hash": "c" * 64, "scene_id": "other"},  # the same capture, another cut
    ],
)
def test_pixels_scene_or_capture_tell(change):
    assert captures_shared([CLEAN], [replace(CLEAN, **change, split="train")])


def test_clean_pixels_tell_of_other_weather():
    # The rain was drawn anew and the scene renamed; only the clean image is what it was.
    renamed = {"dataset": "city", "scene_id": "0001", "capture_id": "0001"}
    fresh = [replace(CLEAN, **renamed), replace(RAIN, **renamed, hash="d" * 64)]
    assert captures_shared(fresh, [CLEAN, RAIN]) == {("city", "0001")}
    assert not captures_shared(fresh[1:], [CLEAN, RAIN])


def test_one_name_in_two_data_sets_is_not_one_scene():
    assert not captures_shared([CLEAN], [replace(CLEAN, dataset="city", hash="c" * 64)])


def test_another_seed_makes_another_scene_of_the_same_name():
    made = replace(CLEAN, source="generated")
    assert captures_shared([made], [made])
    assert not captures_shared([made], [replace(made, hash="c" * 64)])


def test_nothing_is_shared_with_nothing():
    assert captures_shared([], [CLEAN]) == captures_shared([CLEAN], []) == set()


def test_what_was_only_judged_is_known_by_its_degraded_pixels_alone():
    drawn_anew = replace(RAIN, hash="d" * 64)
    assert captures_shared([CLEAN, drawn_anew], [], [CLEAN, RAIN]) == set()
    assert captures_shared([CLEAN, RAIN], [], [CLEAN, RAIN]) == {("town", "walk")}
    assert captures_shared([CLEAN, drawn_anew], [CLEAN], [RAIN]) == {("town", "walk")}
