"""What was studied beside a run: ablations, other data, and more runs of the same config."""

from __future__ import annotations

from moei_toolkit.evaluation.checks import told_p
from moei_toolkit.evaluation.conclusions import changed_conclusions, unmeasured_conclusions
from moei_toolkit.evaluation.studies import Ablation, Ablations, OtherData, Repetition, Studies
from moei_toolkit.report.tables.seeds import seeds_table
from moei_toolkit.report.tables.table import Table, name_of, signed


def study_tables(found: Studies) -> list[Table]:
    """Return a table for every kind of study there is."""
    return [
        *([] if found.ablations is None else [_ablations(found.ablations)]),
        *([_other_data(found)] if found.other_data else []),
        *([] if found.repetition is None else [_repetition(found.repetition)]),
        *([seeds_table(found.seeds)] if found.seeds else []),
    ]


def _ablations(found: Ablations) -> Table:
    return Table(
        title="Ablations",
        header=["variant", "factor", "policy", "difference", "interval", "finding", "changed conclusions"],
        rows=[
            *(_variant(one, found) for one in found.variants),
            *([name, "-", "-", "-", "-", f"no result: {why}", "-"] for name, why in found.failed.items()),
        ],
        note="One factor at a time, against the config as it is: difference of macro PSNR, dB, with the "
        "interval of a paired bootstrap over scenes; findings are not corrected for how many there are. "
        "Conclusions are the verdicts of O6 to O8; a search times nothing, so that O7 is not in it. "
        f"{_scope(found)}",
    )


def _variant(one: Ablation, found: Ablations) -> list[str]:
    interval = (
        "-" if one.low is None or one.high is None else f"{signed(one.low, 3)} to {signed(one.high, 3)}"
    )
    unmeasured = [f"{name} not measured" for name in unmeasured_conclusions(one, found)]
    changed = ", ".join([*changed_conclusions(one, found), *unmeasured]) or "none"
    return [
        one.name,
        one.factor,
        name_of(one.policy),
        signed(one.difference, 3),
        interval,
        one.finding,
        changed,
    ]


def _scope(found: Ablations) -> str:
    """Return how far the conclusions go."""
    limits = [one.name for one in found.variants if changed_conclusions(one, found)]
    untold = [one.name for one in found.variants if unmeasured_conclusions(one, found)] + [*found.failed]
    told = [f"They hold for the config as it is, and not under: {'; '.join(limits)}."] if limits else []
    if untold:
        told.append(f"Whether all of them hold was not measured under: {'; '.join(untold)}.")
    return " ".join(told) or "None of them changes under any variant."


def _other_data(found: Studies) -> Table:
    return Table(
        title="Other data",
        header=[
            "data",
            "images",
            "dense",
            "MoE-I",
            "agreement",
            "ECE",
            "abstained",
            "tau",
            "calibrated again",
        ],
        rows=[_data(one) for one in found.other_data],
        note="dense and MoE-I are macro PSNR, dB; tau is Kendall's between the rankings there "
        "and at home, with its p. Where the ranking is sensitive to the data, it was calibrated again on "
        "some of their scenes, and the last column is the ECE on others, before and after.",
    )


def _data(one: OtherData) -> list[str]:
    ranked = one.seen or "the policies were not ranked"
    if one.tau is not None and one.p is not None:
        ranked = f"{one.tau:.2f} (p {told_p(one.p)})"
    return [
        one.name,
        str(one.images),
        f"{one.dense:.2f}",
        f"{one.actual:.2f}",
        f"{one.agreement:.1%}",
        f"{one.ece:.3f}",
        f"{one.abstained:.1%}",
        ranked,
        "-" if one.ece_again is None else f"{one.ece_before:.3f} to {one.ece_again:.3f}",
    ]


def _repetition(found: Repetition) -> Table:
    shared = f" Not made twice: {', '.join(found.shared)}." if found.shared else ""
    return Table(
        title="Second run",
        header=["policy", "images", "median difference", "largest difference"],
        rows=[
            [name_of(one.policy), str(one.images), f"{one.median:.4f} dB", f"{one.largest:.4f} dB"]
            for one in found.policies
        ],
        note=f"Of the PSNR of an image, this run against another one of the same config and seed.{shared}",
    )
