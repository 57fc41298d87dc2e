"""Work spread over processes comes back in order, whatever waits."""

from __future__ import annotations

import pytest

from moei_toolkit.data.preparation import workers
from moei_toolkit.data.preparation.workers import run_jobs


@pytest.mark.parametrize("most", [0, 1 << 40])
def test_results_come_in_order_however_few_may_wait(monkeypatch, most):
    monkeypatch.setattr(workers, "MOST_WAITING", most)
    assert list(run_jobs(abs, range(-20, 0), lambda result: 1 << 30, workers=2)) == list(range(20, 0, -1))


def test_an_error_of_a_job_that_waits_is_raised_in_its_turn():
    results = run_jobs(float, ["1", "2", "no number", "4"], lambda result: 8, workers=1, ahead=4)
    assert [next(results), next(results)] == [1.0, 2.0]
    with pytest.raises(ValueError, match="no number"):
        next(results)
