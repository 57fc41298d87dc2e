"""Data that a later stage could not work with are refused before anything is trained."""

from __future__ import annotations

import dataclasses

import pytest

from moei_toolkit.data.layouts.base import SPLITS
from moei_toolkit.data.records import Record
from moei_toolkit.errors import DataError
from moei_toolkit.pipeline.stages.data import require_splits

RECORD = Record("a", "toy", "s", "train", "f#a", "f#s", 8, 8, "dust", 0.5, "s", "0" * 64, "generated")


def records(scenes: int = 2) -> list[Record]:
    return [
        dataclasses.replace(RECORD, id=f"{split}{scene}", scene_id=f"{split}{scene}", split=split)
        for split in SPLITS
        for scene in range(scenes)
    ]


def test_complete_data_are_accepted():
    require_splits(records(), ["dust"])


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_without_images_of_a_task(split):
    kept = [record for record in records() if record.split != split]
    with pytest.raises(DataError, match=rf"split '{split}'.*none of \['dust'\].*data\.draws\.{split}"):
        require_splits(kept, ["dust"])


def test_a_task_without_images():
    with pytest.raises(DataError, match=r"none of \['ash'\]"):
        require_splits(records(), ["dust", "ash"])


def test_one_scene_cannot_be_halved():
    with pytest.raises(DataError, match="2 scenes or more"):
        require_splits(records(scenes=1), ["dust"])
