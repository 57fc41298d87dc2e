from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from moei_toolkit.data.crops import CropDataset
from moei_toolkit.data.sampler import CountingSampler
from moei_toolkit.errors import DataError

MIX = {"haze": 2.0, "snow": 1.0, "clean": 1.0}
TASKS = ("rain", "haze", "snow", "clean")


def dataset(store, records, **options) -> CropDataset:
    chosen = {
        "mix": MIX,
        "crop_size": 16,
        "crops_per_image": 2,
        "overview_size": 24,
        "seed": 1,
        "tasks": TASKS,
    }
    return CropDataset(store, records, **{**chosen, **options})


def test_shapes_types_and_ranges(store, prepared):
    sample = dataset(store, prepared[1])[0]
    assert sample["overview"].shape == (3, 24, 24)
    assert sample["degraded"].shape == sample["clean"].shape == (2, 3, 16, 16)
    assert sample["task"].dtype == torch.int64
    assert sample["severity"].dtype == torch.float32
    for name in ("overview", "degraded", "clean"):
        assert sample[name].dtype == torch.float32
        assert 0.0 <= float(sample[name].min()) <= float(sample[name].max()) <= 1.0


def test_a_sample_depends_on_its_index_alone(store, prepared):
    one, two = dataset(store, prepared[1]), dataset(store, prepared[1])
    for index in range(6):
        one[index]
    for name, value in one[7].items():
        assert torch.equal(value, two[7][name])
    assert not torch.equal(one[7]["degraded"], one[8]["degraded"])
    assert not torch.equal(one[7]["degraded"], dataset(store, prepared[1], seed=2)[7]["degraded"])


def test_crops_are_paired(store, prepared):
    clean = dataset(store, prepared[1], mix={"clean": 1.0})
    for index in range(12):
        sample = clean[index]
        assert torch.equal(sample["degraded"], sample["clean"])
        assert float(sample["severity"]) == 0.0


def test_every_crop_is_a_piece_of_the_picture_upright(store, prepared):
    whole = {record.id: store.clean(record) for record in prepared[1]}
    pieces = dataset(store, prepared[1], crops_per_image=1)
    flipped = 0
    for index in range(12):
        crop = np.round(pieces[index]["clean"][0].numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
        straight = any(_contains(image, crop) for image in whole.values())
        mirrored = any(_contains(image, crop[:, ::-1]) for image in whole.values())
        assert straight != mirrored
        flipped += mirrored
    assert 0 < flipped < 12


def _contains(image: np.ndarray, crop: np.ndarray) -> bool:
    rows, columns = image.shape[0] - 15, image.shape[1] - 15
    tops, lefts = np.nonzero((image[:rows, :columns] == crop[0, 0]).all(axis=2))
    return any(
        np.array_equal(image[top : top + 16, left : left + 16], crop)
        for top, left in zip(tops, lefts, strict=True)
    )


@pytest.mark.parametrize("rotate", [False, True])
def test_quarter_turns_are_asked_for(store, prepared, rotate):
    whole = [store.clean(record) for record in prepared[1]]
    pieces = dataset(store, prepared[1], crops_per_image=1, mix={"clean": 1.0}, rotate=rotate)
    turns = Counter()
    for index in range(40):
        sample = pieces[index]
        assert torch.equal(sample["degraded"], sample["clean"])
        crop = np.round(sample["clean"][0].numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
        (turn,) = {
            turn
            for turn in range(4)
            for mirrored in (crop, crop[:, ::-1])
            for image in whole
            if _contains(image, np.rot90(mirrored, turn))
        }
        turns[turn] += 1
    assert set(turns) == (set(range(4)) if rotate else {0})


def test_severe_images_are_drawn_more_often_when_asked_for(store, prepared):
    even, biased = (dataset(store, prepared[1], mix={"haze": 1.0}, severity_bias=bias) for bias in (0.0, 3.0))
    means = [np.mean([float(drawn[index]["severity"]) for index in range(150)]) for drawn in (even, biased)]
    assert means[1] > means[0] + 0.1


def test_the_mix_is_kept(store, prepared):
    drawn = dataset(store, prepared[1])
    counts = Counter(TASKS[int(drawn[index]["task"])] for index in range(400))
    assert set(counts) == {"haze", "snow", "clean"}
    assert counts["haze"] == pytest.approx(200, abs=40)


def test_pictures_smaller_than_a_crop_are_continued(store, prepared):
    sample = dataset(store, prepared[1], crop_size=64, mix={"clean": 1.0})[0]
    assert sample["clean"].shape == (2, 3, 64, 64)
    crop = sample["clean"][0]
    assert torch.equal(crop[:, 40], crop[:, 39])


def test_wrong_mixes_are_refused(store, prepared):
    records = prepared[1]
    with pytest.raises(DataError, match="rain"):
        dataset(store, records, mix={"rain": 1.0})
    with pytest.raises(DataError, match="snow"):
        dataset(store, records, mix={"snwo": 1.0})
    with pytest.raises(DataError, match="above 0"):
        dataset(store, records, mix={"haze": 0.0})
    with pytest.raises(DataError, match=">= 0"):
        dataset(store, records, mix={"haze": 1.0, "snow": -1.0})


def test_resuming_by_count_continues_exactly(store, prepared):
    drawn = dataset(store, prepared[1])

    def tasks(start: int, stop: int) -> list[torch.Tensor]:
        loader = DataLoader(drawn, batch_size=2, sampler=CountingSampler(start, stop))
        return [batch["degraded"] for batch in loader]

    whole, parts = tasks(0, 8), tasks(0, 4) + tasks(4, 8)
    assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))


def test_worker_processes_give_the_same_samples(store, prepared):
    drawn = dataset(store, prepared[1])
    drawn[0]
    alone, helped = (
        [
            batch["clean"]
            for batch in DataLoader(drawn, batch_size=3, sampler=CountingSampler(0, 6), num_workers=n)
        ]
        for n in (0, 1)
    )
    assert all(torch.equal(a, b) for a, b in zip(alone, helped, strict=True))


def test_counting_sampler_counts():
    assert list(CountingSampler(3, 7)) == [3, 4, 5, 6]
    assert len(CountingSampler(3, 7)) == 4
    assert len(CountingSampler(7, 3)) == 0
