"""Checks an artifact, from whoever it comes, and says everything that is wrong with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from moei_toolkit.artifact.archive import opened
from moei_toolkit.artifact.checks import CHECKS, Artifact
from moei_toolkit.artifact.contents import link_problems
from moei_toolkit.artifact.kinship import kinship
from moei_toolkit.artifact.layout import stage_folders
from moei_toolkit.artifact.sums import SUMS, sum_problems
from moei_toolkit.config.loader import validate_config
from moei_toolkit.errors import MoeiError, StoreError
from moei_toolkit.evaluation.reruns import compare_runs, unmatched_images
from moei_toolkit.io.hashing import sha256_file
from moei_toolkit.io.run_record import RECORD, read_run
from moei_toolkit.io.text import printable
from moei_toolkit.pipeline.reporting.derivation import rows_of_run

_FAILURES = (
    MoeiError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    csv.Error,
)
"""What forged content may provoke in code that expects what the toolkit has written itself."""


@dataclass(frozen=True)
class Verified:
    """What is known of an artifact without problems.

    Attributes:
        holds: What was checked, a sentence each.
        notes: What a reader of the comparison with another run has to know, a sentence each.
        digest: SHA-256 of SHA256SUMS. Two artifacts have it equal only if all their files are.
    """

    holds: Sequence[str]
    notes: Sequence[str]
    digest: str


def verify_artifact(path: Path, against: Path | None = None) -> Verified:
    """Check an artifact, and whether another run of the same config came out alike.

    Nothing of it is run: its config is read as data, and weights are tensors without code. What no check can
    find, `moei_toolkit.artifact` lists; the digest that comes back, compared with a published one, does.

    Args:
        path: A zip, or the folder it was unpacked to.
        against: Another artifact, or the folder of a run.

    Raises:
        StoreError: With a line for every problem, and for every note.
    """
    with opened(path) as folder:
        holds, problems = check_all(folder)
        notes: list[str] = []
        if against is not None:
            alike, unlike, notes = _compare(folder, against)
            holds, problems = [*holds, *alike], [*problems, *unlike]
        if problems:
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            lines = [f"{path}: {count}", *problems, *(f"note: {note}" for note in notes)]
            raise StoreError("\n  ".join(lines))
        return Verified(holds, notes, sha256_file(folder / SUMS))


def check_all(folder: Path) -> tuple[list[str], list[str]]:
    """Run every check on an unpacked artifact; return what holds and what does not, a sentence each.

    Where there are links, nothing else is checked.
    """
    if links := _collect(link_problems(folder), folder):
        return [], links
    try:
        record = read_run(folder)
        config = validate_config(record.config, RECORD)
    except _FAILURES as error:
        return [], [*_collect(sum_problems(folder), folder), _said(error, folder)]
    artifact = Artifact(folder, record, config, stage_folders(folder, config))
    holds, problems = [], []
    for sentence, check in CHECKS.items():
        found = _collect(check(artifact), folder)
        problems += [one for one in found if one not in problems]
        holds += [] if found else [sentence]
    return holds, problems


def _compare(folder: Path, against: Path) -> tuple[list[str], list[str], list[str]]:
    """Compare with another run; return what is alike, what is not, and what to know of it."""
    try:
        with opened(against) as other:
            record = read_run(folder)
            limit = validate_config(record.config, RECORD).objectives.rerun_psnr
            rows, others = rows_of_run(folder, record), rows_of_run(other, read_run(other))
            notes = [_line(note, folder) for note in kinship(folder, other)]
    except _FAILURES as error:
        return [], [f"against {against}: {_said(error, folder)}"], []
    compared = compare_runs(rows, others)
    alike = [one.told(limit) for one in compared if one.holds(limit)]
    unmatched = [_line(one, folder) for one in unmatched_images(rows, others)]
    unlike = [*(one.told(limit) for one in compared if not one.holds(limit)), *unmatched]
    return alike, unlike, notes


def _collect(problems: Iterator[str], folder: Path) -> list[str]:
    """Return the problems up to the first failure, which is one of them."""
    found = []
    try:
        for problem in problems:
            found.append(_line(problem, folder))
    except _FAILURES as error:
        found.append(_said(error, folder))
    return found


def _said(error: Exception, folder: Path) -> str:
    known = isinstance(error, MoeiError)
    return _line(str(error) if known else f"malformed content: {type(error).__name__}: {error}", folder)


def _line(text: str, folder: Path) -> str:
    """Return a problem on one line, its files named as in the artifact, and safe to show on a terminal."""
    line = " ".join(text.replace(f"{folder}/", "").split())
    return printable(line)
