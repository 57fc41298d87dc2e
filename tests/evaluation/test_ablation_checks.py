"""Small changes leave the conclusions standing only where every one of them was measured."""

from __future__ import annotations

import pytest

from moei_toolkit.evaluation.conclusions import changed_conclusions, unmeasured_conclusions
from moei_toolkit.evaluation.studies import Ablation, Ablations
from moei_toolkit.evaluation.study_checks import ablation_checks

AS_IT_IS = {"O6": "pass", "O7": "not measured", "O8": "pass"}


def variant(name: str, factor: str, **verdicts: str) -> Ablation:
    return Ablation(name, factor, "actual", 0.0, None, None, "open", {**AS_IT_IS, **verdicts})


def check(*variants: Ablation, failed: dict[str, str] | None = None, factors: dict[str, str] | None = None):
    found = Ablations("ablations", AS_IT_IS, variants, failed or {}, factors or {})
    (one,) = ablation_checks(found, ["beta"])
    return one


def test_a_factor_whose_variants_all_have_the_same_verdicts_holds():
    one = check(variant("beta 20", "beta"), variant("beta 80", "beta"))
    assert (one.measured, one.holds) == ("same: beta 20, beta 80", True)


@pytest.mark.parametrize(
    ("known", "holds"), [({"beta 80": "beta"}, None), ({"beta 80": "tau"}, True), ({}, None)]
)
def test_a_factor_of_which_a_variant_failed_is_not_measured(known, holds):
    one = check(variant("beta 20", "beta"), failed={"beta 80": "out of memory"}, factors=known)
    assert one.holds is holds
    assert ("no result of beta 80" in one.measured) == (holds is None)


def test_a_verdict_that_was_not_measured_is_no_other_verdict():
    one = check(variant("beta 20", "beta", O6="not measured"), variant("beta 80", "beta"))
    assert (one.measured, one.holds) == ("O6 not measured (beta 20)", None)


def test_a_change_counts_whatever_else_was_not_measured():
    changed = variant("beta 20", "beta", O6="not measured", O8="fail")
    one = check(changed, variant("beta 50", "beta"), failed={"beta 80": "out of memory"})
    assert (one.measured, one.holds) == ("O8 pass to fail (beta 20)", False)
    found = Ablations("ablations", AS_IT_IS, [changed], {})
    assert changed_conclusions(changed, found) == ["O8 pass to fail"]
    assert unmeasured_conclusions(changed, found) == ["O6"]
