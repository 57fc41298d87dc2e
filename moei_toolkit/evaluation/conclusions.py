"""What an ablation does to the conclusions of a run: it changes them, leaves them, or cannot tell."""

from __future__ import annotations

from moei_toolkit.evaluation.studies import Ablation, Ablations

CONCLUSIONS = ("O6", "O7", "O8")
"""Objectives whose verdicts are the conclusions that ablations must leave standing."""

_UNKNOWN = "not measured"


def judged_conclusions(found: Ablations) -> list[str]:
    """Return the conclusions that the search has measured under the config as it is."""
    return [name for name in CONCLUSIONS if found.verdicts.get(name, _UNKNOWN) != _UNKNOWN]


def changed_conclusions(one: Ablation, found: Ablations) -> list[str]:
    """Return the conclusions that a variant changes, such as ``"O6 pass to fail"``.

    What was not measured, as it is or under the variant, is no other verdict.
    """
    pairs = ((name, found.verdicts[name], one.verdicts.get(name)) for name in judged_conclusions(found))
    return [
        f"{name} {before} to {after}"
        for name, before, after in pairs
        if after not in (None, _UNKNOWN, before)
    ]


def unmeasured_conclusions(one: Ablation, found: Ablations) -> list[str]:
    """Return the conclusions that were measured as it is, and not under a variant."""
    return [name for name in judged_conclusions(found) if one.verdicts.get(name, _UNKNOWN) == _UNKNOWN]


def failed_variants(found: Ablations, factor: str) -> list[str]:
    """Return the variants without a result that vary a factor, or may."""
    return [name for name in found.failed if found.factors.get(name, factor) == factor]
