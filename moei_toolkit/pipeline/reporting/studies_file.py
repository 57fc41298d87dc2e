"""How a run keeps what it has read of the studies beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.reruns import Rerun
from moei_toolkit.evaluation.seeds import SeededRun
from moei_toolkit.evaluation.studies import Ablation, Ablations, OtherData, Repetition, Studies

STUDIES_FILE = "studies.json"
_SCHEMA = 2


def as_json(studies: Studies) -> dict[str, Any]:
    """Return studies as plain data, for JSON."""
    return {"schema": _SCHEMA, **asdict(studies)}


def studies_from(value: Mapping[str, Any]) -> Studies:
    """Return the studies in the content of a ``studies.json``.

    Raises:
        DataError: It is of another schema, or lacks something.
    """
    if value.get("schema") != _SCHEMA:
        raise DataError(f"{STUDIES_FILE}: expected schema {_SCHEMA}, got {value.get('schema')!r}")
    try:
        ablations, again = value["ablations"], value["repetition"]
        return Studies(
            ablations=None if ablations is None else _ablations(ablations),
            other_data=[OtherData(**one) for one in value["other_data"]],
            repetition=None
            if again is None
            else Repetition([Rerun(**one) for one in again["policies"]], again["shared"]),
            seeds=[SeededRun(**one) for one in value["seeds"]],
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"{STUDIES_FILE}: expected studies ({error}); run tools/train.py again") from error


def _ablations(value: Mapping[str, Any]) -> Ablations:
    return Ablations(**{**value, "variants": [Ablation(**one) for one in value["variants"]]})
