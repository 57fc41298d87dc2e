"""The search finds what comparing every two finds, and is not stopped by hashes that are all alike."""

from __future__ import annotations

import numpy as np
import pytest

from moei_toolkit.bench.against.duplicates import plant_duplicates
from moei_toolkit.data.preparation.splitting import duplicates
from moei_toolkit.data.preparation.splitting.duplicates import count_bits, find_duplicates, group_duplicates
from moei_toolkit.errors import ConfigError, DataError


def compare_every_two(hashes: np.ndarray, distance: int) -> np.ndarray:
    values = [int(value) for value in hashes]
    return np.array(
        [
            (one, other)
            for one in range(len(values))
            for other in range(one + 1, len(values))
            if (values[one] ^ values[other]).bit_count() <= distance
        ],
        np.int64,
    ).reshape(-1, 2)


def near_centres(rng: np.random.Generator, count: int, flips: int, varying: int = 64) -> np.ndarray:
    """Hashes around few centres, so that pairs of every distance up to 2 * flips are among them."""
    centres = rng.integers(0, 2**64, 6, dtype=np.uint64)
    hashes = rng.choice(centres, count)
    for _ in range(flips):
        hashes ^= np.uint64(1) << rng.integers(0, varying, count, dtype=np.uint64)
    return hashes


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("distance", range(9))
def test_all_pairs_of_distinct_hashes_are_found_once(distance, seed):
    rng = np.random.default_rng([distance, seed])
    hashes = near_centres(rng, int(rng.integers(2, 160)), int(rng.integers(1, 7)))
    hashes = rng.permutation(np.unique(hashes))
    np.testing.assert_array_equal(find_duplicates(hashes, distance), compare_every_two(hashes, distance))


@pytest.mark.parametrize("count", [4, 5, 7, 9])
def test_every_number_of_bands_finds_all(monkeypatch, count):
    """Which number of bands is best depends on how much sorting costs; none of them may lose a pair."""
    monkeypatch.setattr(duplicates, "comb", lambda bands, distance: float(bands != count))
    hashes = np.unique(near_centres(np.random.default_rng(count), 300, 3))
    np.testing.assert_array_equal(find_duplicates(hashes, 3), compare_every_two(hashes, 3))


def test_bits_that_never_vary_lose_nothing():
    hashes = np.unique(near_centres(np.random.default_rng(1), 200, 3, varying=20) & np.uint64(0xFFFFF))
    pairs = compare_every_two(hashes, 4)
    assert len(pairs) > 100
    np.testing.assert_array_equal(find_duplicates(hashes, 4), pairs)


@pytest.mark.parametrize("distance", [0, 1, 4])
def test_groups_are_those_of_all_pairs_when_hashes_repeat(distance):
    hashes = near_centres(np.random.default_rng(distance), 150, 1)
    found = find_duplicates(hashes, distance)
    everything = compare_every_two(hashes, distance)
    assert len(found) < len(everything)
    np.testing.assert_array_equal(group_duplicates(150, found), group_duplicates(150, everything))
    assert {tuple(pair) for pair in found} <= {tuple(pair) for pair in everything}


def test_black_frames_are_paired_with_the_first():
    hashes = np.full(200_000, 7, np.uint64)
    hashes[[0, 100_000]] = 7 ^ (1 << 63), 2**64 - 1
    pairs = find_duplicates(hashes)
    assert len(pairs) == len(hashes) - 2  # the first hash and the black ones; not one in the middle
    assert sorted(set(pairs[:, 0])) == [0, 1]
    assert group_duplicates(len(hashes), pairs).max() == 1


@pytest.mark.parametrize("distance", [4, 6])
def test_planted_copies_are_found_among_many(distance):
    hashes = plant_duplicates(50_000, 500, distance, np.random.default_rng(0))
    pairs = find_duplicates(hashes, distance)
    planted = np.stack([np.arange(500), np.arange(49_500, 50_000)], axis=1)
    assert {tuple(pair) for pair in planted} <= {tuple(pair) for pair in pairs}
    assert count_bits(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).max() == distance


@pytest.mark.parametrize("count", [0, 1])
def test_few_hashes_have_no_pairs(count):
    pairs = find_duplicates(np.zeros(count, np.uint64))
    assert pairs.shape == (0, 2)
    assert group_duplicates(count, pairs).tolist() == [0] * count


@pytest.mark.parametrize("distance", [-1, 9])
def test_a_distance_out_of_range_is_refused(distance):
    with pytest.raises(ConfigError, match=f"0 to 8 bits, got {distance}"):
        find_duplicates(np.zeros(2, np.uint64), distance)


def test_more_pairs_than_fit_are_refused(monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 1000)
    with pytest.raises(DataError, match="more than 1,000 pairs of 256 images look alike at a distance of 4"):
        find_duplicates(np.arange(256, dtype=np.uint64))


def test_groups_count_from_0_in_order_and_follow_chains():
    pairs = np.array([[4, 1], [5, 4], [2, 6]])
    assert group_duplicates(7, pairs).tolist() == [0, 1, 2, 3, 1, 1, 2]


def test_bits_are_counted_as_python_counts_them():
    edges = np.array([0, 1, 2**63, 2**64 - 1], np.uint64)
    values = np.append(np.random.default_rng(0).integers(0, 2**64, 1000, dtype=np.uint64), edges)
    assert count_bits(values).tolist() == [int(value).bit_count() for value in values]
