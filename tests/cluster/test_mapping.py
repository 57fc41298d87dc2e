"""Whatever happens to a worker, every item comes out once, in order, or is named as lost."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from moei_toolkit.cluster.mapping import ATTEMPTS, Lost, map_over_workers
from moei_toolkit.errors import DataError, MoeiError

ITEMS = list("abcdefgh")


def work_that(folder: Path, deadly_once: str = "", deadly: str = ""):
    """Return what builds workers that note what they are given; one item kills once, another always."""

    def build():
        (folder / f"built-{os.getpid()}").touch()

        def work(item: str) -> str:
            with (folder / "given").open("a") as file:
                file.write(item)
            marker = folder / "died"
            if item == deadly or (item == deadly_once and not marker.exists()):
                if item == deadly_once:
                    marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return item.upper()

        return work

    return build


def given(folder: Path) -> Counter[str]:
    return Counter((folder / "given").read_text())


def pids(folder: Path) -> list[int]:
    return [int(path.name.removeprefix("built-")) for path in folder.glob("built-*")]


def test_every_item_comes_out_in_order_from_workers_that_are_built_once(tmp_path, workers):
    assert list(map_over_workers(work_that(tmp_path), ITEMS, workers)) == list("ABCDEFGH")
    assert given(tmp_path) == Counter(ITEMS)
    assert 1 <= len(pids(tmp_path)) <= 2
    assert os.getpid() not in pids(tmp_path)


def test_nothing_to_do_starts_nobody(tmp_path, workers):
    assert list(map_over_workers(work_that(tmp_path), [], workers)) == []
    assert not pids(tmp_path)


@pytest.mark.long
def test_an_early_item_that_takes_long_holds_nothing_up(tmp_path, workers):
    def build():
        def work(item: int) -> int:
            marker = tmp_path / "last"
            if item == 5:
                marker.touch()
            while item == 0 and not marker.exists():
                time.sleep(0.01)
            return item

        return work

    assert list(map_over_workers(build, range(6), workers)) == list(range(6))


def test_what_a_killed_worker_held_another_does_and_what_kills_every_worker_is_named(tmp_path, workers):
    told: list[str] = []
    results = list(map_over_workers(work_that(tmp_path, "f", "c"), ITEMS, workers, told.append))
    lost = results.pop(2)
    assert isinstance(lost, Lost)
    assert lost.item == "c"
    assert "died" in lost.reason
    assert results == list("ABDEFGH")
    assert given(tmp_path) == Counter(ITEMS) + Counter("f") + Counter("c" * (ATTEMPTS - 1))
    assert sorted(told) == sorted("f" + "c" * ATTEMPTS)


@pytest.mark.long
@pytest.mark.parametrize("deadly", ["a", "h"])
def test_the_first_and_the_last_are_not_lost_either(tmp_path, workers, deadly):
    assert list(map_over_workers(work_that(tmp_path, deadly), ITEMS, workers)) == list("ABCDEFGH")
    assert given(tmp_path) == Counter(ITEMS) + Counter(deadly)


def test_what_work_raises_is_raised_as_it_is(workers):
    def build():
        def work(item: str) -> str:
            raise DataError(f"{item} is damaged")

        return work

    with pytest.raises(DataError, match=r"^a is damaged$"):
        list(map_over_workers(build, ["a"], workers))


@pytest.mark.long
def test_what_building_raises_is_raised_as_it_is(workers):
    def build():
        raise DataError("no weights")

    with pytest.raises(DataError, match=r"^no weights$"):
        list(map_over_workers(build, ITEMS, workers))


@pytest.mark.long
def test_workers_that_die_as_they_start_are_not_started_for_ever(workers):
    def build():
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(MoeiError, match="3 workers in a row have died as they started"):
        list(map_over_workers(build, ITEMS, replace(workers, workers=1)))


def test_whoever_leaves_early_leaves_no_worker_behind(tmp_path, workers):
    held: list[str] = []

    def build():
        (tmp_path / f"built-{os.getpid()}").touch()

        def work(item: int) -> int:
            time.sleep(60 if item else 0)
            return item

        return work

    with closing(map_over_workers(build, range(4), workers, held.append)) as results:
        assert next(results) == 0
    assert set(held) <= {1, 2}
    assert held
    assert all(ends(pid) for pid in pids(tmp_path))


def ends(pid: int) -> bool:
    """Wait until a process has ended, ten seconds at most."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False
