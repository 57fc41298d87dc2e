"""Runs of other seeds beside this one, and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moei_toolkit.evaluation.seeds import SeededRun, spread_of
from moei_toolkit.report.tables.table import Table, name_of, signed
from moei_toolkit.types import ACTUAL, DENSE, DENSE_EQUAL, INPUT


def seeds_table(runs: Sequence[SeededRun]) -> Table:
    """Return a row for the macro PSNR of every policy, for what MoE-I gains, and for its agreement.

    Args:
        runs: This one first; two or more.
    """
    policies = [policy for policy in runs[0].psnr if all(policy in run.psnr for run in runs)]
    rivals = [rival for rival in (DENSE, DENSE_EQUAL) if rival in policies]
    return Table(
        title="Other seeds",
        header=["what", *(f"seed {run.seed}" for run in runs), "mean", "deviation"],
        rows=[
            *(_row(name_of(policy), [run.psnr[policy] for run in runs], _decibels) for policy in policies),
            *(
                _row(f"MoE-I over {name_of(rival)}", [_gain(run, rival) for run in runs], _signed)
                for rival in rivals
            ),
            _row("agreement", [run.agreement for run in runs], _percent),
        ],
        note=f"Macro PSNR, dB, and the share of images whose expert is the oracle's, in {len(runs)} runs of "
        f"one config {_tested_on(runs)}; deviation is the standard deviation of a run, estimated from them.",
    )


def _tested_on(runs: Sequence[SeededRun]) -> str:
    if len({run.psnr.get(INPUT) for run in runs}) == 1:
        return "on the same images"
    return "on the same photographs, each in weather that its own seed has drawn"


def _row(what: str, values: Sequence[float], tell: Callable[[float], str]) -> list[str]:
    mean, deviation = spread_of(values)
    return [what, *map(tell, values), tell(mean), tell(deviation).removeprefix("+")]


def _gain(run: SeededRun, rival: str) -> float:
    return run.psnr[ACTUAL] - run.psnr[rival]


def _decibels(value: float) -> str:
    return f"{value:.2f}"


def _signed(value: float) -> str:
    return signed(value, 2)


def _percent(value: float) -> str:
    return f"{value:.1%}"
