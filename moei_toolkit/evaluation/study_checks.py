"""The checks of objectives O9 to O11: do the conclusions hold elsewhere, under small changes, and again?"""

from __future__ import annotations

from collections.abc import Sequence

from moei_toolkit.evaluation.checks import Check, Missing, at_least, compared
from moei_toolkit.evaluation.conclusions import (
    changed_conclusions,
    failed_variants,
    judged_conclusions,
    unmeasured_conclusions,
)
from moei_toolkit.evaluation.studies import Ablation, Ablations, OtherData, Repetition
from moei_toolkit.types import ACTUAL

_REQUIRED = ("O6", "O8")
"""Those without which nothing is shown; O7 is about time, and a search takes none."""

_SAME = "same verdicts"
_TAU = "Kendall's tau of the policies, {} and at home"
_AT_HOME = "judged on the run's own data only, in the report of the run"
_MEDIAN = "difference of a second run, median image{}"


def ablation_checks(found: Ablations | None, factors: Sequence[str], elsewhere: bool = False) -> list[Check]:
    """Return a check for every factor: whether O6 to O8 come out as they do without the change.

    A conclusion that the search has not measured under the config as it is has no check by factor. Where it
    is O6 or O8, that is a check of its own, which is not measured. Neither is a factor of which a variant has
    no result or misses a conclusion, unless another variant of it changes one.

    Args:
        found: None if there were no ablations.
        factors: Those whose variants count as small changes of the method.
        elsewhere: The run is judged on other data than its own, which studies are never about.
    """
    if found is None:
        made = "none in studies.ablations; tools/tune.py CONFIG --space ablations makes them"
        reason = _AT_HOME if elsewhere else made
        return [Check("O6 to O8 under small changes", reason, _SAME, None)]
    judged = judged_conclusions(found)
    what = f"{', '.join(judged) or 'O6 to O8'} under other "
    return [
        *(
            _under(f"{what}{factor}", _of(found, factor), found, failed_variants(found, factor))
            for factor in factors
        ),
        *(
            Check(f"{name} under small changes", "not measured in the search, not even as it is", _SAME, None)
            for name in _REQUIRED
            if name not in judged
        ),
    ]


def other_data_checks(found: Sequence[OtherData], least_tau: float) -> list[Check]:
    """Return a check for every other data set: whether it ranks the policies as the run's own does."""
    if not found:
        missing = Missing("none in studies.other_data; tools/evaluate.py judges a run on them")
        return [at_least(_TAU.format("elsewhere"), missing, least_tau, "")]
    return [_ranked(one, least_tau) for one in found]


def repetition_checks(found: Repetition | None, limit: float, elsewhere: bool = False) -> list[Check]:
    """Return a check for dense and one for MoE-I: whether a second run restores the median image alike.

    Args:
        found: None if there was no second run.
        limit: Difference that the median image stays below, dB.
        elsewhere: The run is judged on other data than its own, which studies are never about.
    """
    if found is None:
        made = "none in studies.repetition; tools/train.py into another --work-dir makes it"
        missing = Missing(_AT_HOME if elsewhere else made)
        return [compared(_MEDIAN.format(""), missing, "<", limit, "dB")]
    if found.shared:
        missing = Missing(f"not made twice, but one result in both runs: {', '.join(found.shared)}")
        return [compared(_MEDIAN.format(""), missing, "<", limit, "dB")]
    names = {one.policy: "MoE-I" if one.policy == ACTUAL else one.policy for one in found.policies}
    return [
        compared(_MEDIAN.format(f", {names[one.policy]}"), one.median, "<", limit, "dB")
        for one in found.policies
    ]


def _of(found: Ablations, factor: str) -> list[Ablation]:
    return [one for one in found.variants if one.factor == factor and one.policy == ACTUAL]


def _under(what: str, variants: Sequence[Ablation], found: Ablations, failed: Sequence[str]) -> Check:
    if not variants:
        return Check(what, f"space {found.space!r} has no result of it", _SAME, None)
    if not judged_conclusions(found):
        return Check(what, "none of them was measured in the search", _SAME, None)
    changes = {one.name: changed_conclusions(one, found) for one in variants}
    if told := [f"{', '.join(lines)} ({name})" for name, lines in changes.items() if lines]:
        return Check(what, "; ".join(told), _SAME, False)
    missing = {one.name: unmeasured_conclusions(one, found) for one in variants}
    unsure = [f"{', '.join(names)} not measured ({name})" for name, names in missing.items() if names]
    unsure += [f"no result of {name}" for name in failed]
    return Check(what, "; ".join(unsure) or f"same: {', '.join(changes)}", _SAME, None if unsure else True)


def _ranked(one: OtherData, least_tau: float) -> Check:
    what = _TAU.format(f"on {one.name}")
    if one.tau is None:
        return at_least(what, Missing(one.seen or "the policies were not ranked"), least_tau, "")
    check = at_least(what, one.tau, least_tau, "")
    if check.holds:
        return check
    again = ""
    if one.ece_before is not None and one.ece_again is not None:
        again = f", calibrated again (ECE {one.ece_before:.3f} to {one.ece_again:.3f})"
    return Check(what, f"{check.measured}: sensitive to these data{again}", check.threshold, False)
