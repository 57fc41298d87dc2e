"""Reads what was studied beside the run, and refuses what is not of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from moei_toolkit.config.sections.studies import ORIGIN_FILE
from moei_toolkit.errors import DataError
from moei_toolkit.evaluation.rows import Row, read_rows
from moei_toolkit.evaluation.shift import rank_elsewhere
from moei_toolkit.evaluation.statistics.comparisons import comparison_from
from moei_toolkit.evaluation.statistics.rank_agreement import RankAgreement
from moei_toolkit.evaluation.studies import Ablation, Ablations, OtherData, Studies
from moei_toolkit.io.atomic import atomic_write_json
from moei_toolkit.io.json_file import is_number, read_object
from moei_toolkit.io.manifest import read_manifest
from moei_toolkit.pipeline.chain import CALIBRATE, DATA, DENSE, EVALUATE, ROUTER
from moei_toolkit.pipeline.judging.evaluation import ROWS_FILE
from moei_toolkit.pipeline.reporting.more_runs import repetition_in, spread_over
from moei_toolkit.pipeline.reporting.studies_file import STUDIES_FILE, as_json
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.types import ACTUAL
from moei_toolkit.types import DENSE as DENSE_POLICY

T = TypeVar("T")


def run(context: StageContext) -> None:
    """Leave studies.json."""
    named, config = context.config.studies, context.config
    rows = read_rows(context.inputs[EVALUATE] / ROWS_FILE)
    own = {name: read_manifest(folder) for name, folder in context.inputs.items()}
    deciding = {name: own[name].fingerprint for name in (DATA, DENSE, *config.worn, ROUTER, CALIBRATE)}
    studies = Studies(
        ablations=_ablations(Path(named.ablations), deciding) if named.ablations else None,
        other_data=[_other_data(Path(folder), deciding, rows) for folder in named.other_data],
        repetition=repetition_in(Path(named.repetition), config, rows, own) if named.repetition else None,
        seeds=spread_over([Path(folder) for folder in named.other_seeds], config, rows, own),
    )
    atomic_write_json(context.folder / STUDIES_FILE, as_json(studies))


def _ablations(path: Path, own: Mapping[str, str]) -> Ablations:
    found = _read(path, "studies.ablations", "the .json that tools/tune.py writes")

    def parse() -> Ablations:
        first, *others = found["variants"]
        _require_same("studies.ablations", path, own, first["stages"])
        return Ablations(
            space=found["space"],
            verdicts=first["objectives"],
            variants=[_ablation(one) for one in others],
            failed=found["failed"],
            factors=found.get("factors", {}),
        )

    return _parsed(path, "the results of tools/tune.py", parse)


def _ablation(value: Mapping[str, Any]) -> Ablation:
    compared = value["comparison"] and comparison_from(value["comparison"])
    sure = compared.significance if compared else None
    return Ablation(
        name=value["name"],
        factor=value["factor"],
        policy=value["policy"],
        difference=value["difference"],
        low=sure.bca.low if sure else None,
        high=sure.bca.high if sure else None,
        finding=compared.finding if compared else "open",
        verdicts=value["objectives"],
    )


def _other_data(folder: Path, own: Mapping[str, str], rows: Sequence[Row]) -> OtherData:
    """Read what the run reached on other data; what is judged of it, the ranking, follows from its rows."""
    left = "the folder that tools/evaluate.py wrote to"
    origin, found = (
        _read(folder / name, "studies.other_data", left) for name in (ORIGIN_FILE, "results.json")
    )

    def parse() -> OtherData:
        _require_same("studies.other_data", folder, own, origin["stages"])
        macro, again = found["quality"]["macro"], found["shift"] and found["shift"]["recalibration"]
        rank = None if origin["seen"] else rank_elsewhere(read_rows(folder / ROWS_FILE), rows)
        return OtherData(
            name=origin["data"],
            images=sum(found["quality"]["images"].values()),
            seen=origin["seen"],
            tau=rank.tau if isinstance(rank, RankAgreement) else None,
            p=rank.p if isinstance(rank, RankAgreement) else None,
            dense=_number(macro[DENSE_POLICY], "psnr"),
            actual=_number(macro[ACTUAL], "psnr"),
            agreement=_number(found["routing"], "agreement"),
            ece=_number(found["calibration"], "ece"),
            abstained=_number(found["routing"]["fallback"]["overall"], "abstained"),
            ece_before=_number(again["before"], "ece") if again else None,
            ece_again=_number(again["after"], "ece") if again else None,
        )

    return _parsed(folder, "what tools/evaluate.py leaves", parse)


def _number(values: Mapping[str, Any], name: str) -> float:
    value = values[name]
    if not is_number(value):
        raise TypeError(f"{name}, which is {value!r:.80} and no number")
    return float(value)


def _require_same(key: str, path: Path, own: Mapping[str, str], theirs: Mapping[str, str]) -> None:
    """Refuse a study of another run."""
    if other := [name for name, fingerprint in own.items() if theirs.get(name) != fingerprint]:
        raise DataError(
            f"{key}: expected a study of this run, got {path}, which is of another one: "
            f"{', '.join(other)} differ. Make it again, with the config as it is now."
        )


def _read(path: Path, key: str, named: str) -> dict[str, Any]:
    """Read a file that a study left; ``named`` is what the config has to name for that."""
    if not path.is_file():
        raise DataError(f"{key}: expected {named}, but there is no {path}.")
    return read_object(path)


def _parsed(path: Path, expected: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: expected {expected}, it lacks or misstates {error}.") from error
