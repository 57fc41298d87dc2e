"""However many workers are asked for, all of them find room at once, none spread over two machines."""

from __future__ import annotations

import pytest

from moei_toolkit.cluster.allocation import Allocation, allocate
from moei_toolkit.errors import ConfigError

LAPTOP, SERVER = {"CPU": 4.0}, {"CPU": 16.0, "GPU": 2.0}


@pytest.mark.parametrize(
    ("machines", "workers", "threads", "expected"),
    [
        ([LAPTOP], None, None, Allocation(1, 4, 4.0)),
        ([LAPTOP], None, 2, Allocation(2, 2, 2.0)),
        ([LAPTOP], 2, None, Allocation(2, 2, 2.0)),
        ([LAPTOP], 3, None, Allocation(3, 1, 1.0)),
        ([LAPTOP], 8, None, Allocation(8, 1, 0.5)),
        ([LAPTOP], 1, 1, Allocation(1, 1, 1.0)),
        (
            [LAPTOP],
            2,
            4,
            Allocation(2, 4, 2.0),
        ),  # more threads than room, if so wanted
        ([LAPTOP, SERVER], None, None, Allocation(5, 4, 4.0)),
        ([LAPTOP, SERVER], 2, None, Allocation(2, 8, 8.0)),
        ([LAPTOP] * 3, 4, None, Allocation(4, 2, 2.0)),
        ([LAPTOP, {"CPU": 0.0}], None, None, Allocation(1, 4, 4.0)),
    ],
)
def test_workers_on_processors(machines, workers, threads, expected):
    assert allocate(machines, workers, threads) == expected


@pytest.mark.parametrize(
    ("workers", "expected"),
    [(None, Allocation(2, 8, 8.0, 1.0)), (1, Allocation(1, 16, 16.0, 1.0)), (4, Allocation(4, 4, 4.0, 0.5))],
)
def test_workers_on_gpus(workers, expected):
    assert allocate([LAPTOP, SERVER], workers, on_gpu=True) == expected


@pytest.mark.parametrize("workers", range(1, 12))
def test_all_find_room(workers):
    machines = [{"CPU": 3.0}, {"CPU": 8.0}, {"CPU": 5.0}]
    share = allocate(machines, workers).cpus
    assert sum(machine["CPU"] // share for machine in machines) >= workers


@pytest.mark.parametrize("numbers", [{"workers": 0}, {"threads": 0}, {"on_gpu": True}])
def test_what_cannot_be_is_refused(numbers):
    with pytest.raises(ConfigError, match="expected"):
        allocate([LAPTOP], **numbers)
