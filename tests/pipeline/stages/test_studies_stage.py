"""What was studied beside a run is judged with it, kept with it, and refused where it is of another run."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from test_elsewhere import prepare
from tiny_artifact import make_finished_run

from moei_toolkit.artifact.packing import pack_run
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.errors import DataError, StoreError
from moei_toolkit.evaluation.seeds import judge_seed
from moei_toolkit.io.manifest import outputs_of, read_manifest, write_manifest
from moei_toolkit.io.reporter import SilentReporter
from moei_toolkit.io.run_record import read_run
from moei_toolkit.pipeline.elsewhere import evaluate_elsewhere
from moei_toolkit.pipeline.reporting.derivation import rows_of_run

pytestmark = pytest.mark.usefixtures("undrawn")

SETTINGS = {"utilities": {"error": "l1", "normalize": False}}
FACTORS = ("distillation", "calibration", "abstention", "alpha", "r", "beta", "tau")


def variant(name: str, factor: str, policy: str = "actual", **verdicts: str) -> dict:
    return {
        "name": name,
        "factor": factor,
        "policy": policy,
        "difference": -0.1,
        "comparison": None,
        "objectives": {"O6": "pass", "O7": "not measured", "O8": "fail", **verdicts},
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run without studies, and beside it all there is to name; read only."""
    folder = tmp_path_factory.mktemp("studied") / "run"
    make_finished_run(folder, **SETTINGS)
    make_finished_run(folder.with_name("again"), **SETTINGS)
    make_finished_run(folder.with_name("seeded"), seed=3, **SETTINGS)
    data = prepare(folder.with_name("data"))
    evaluate_elsewhere(folder, data, "test", folder.with_name("on_data"), SilentReporter())
    first = {**variant("reference", "reference"), "stages": fingerprints(folder)}
    variants = [first, *(variant(f"another {name}", name) for name in FACTORS)]
    variants += [variant("misrouted 5%", "misrouted"), variant("Top-2", "experts at once", "top2", O8="pass")]
    failed, factors = {"misrouted 20%": "no memory"}, {"misrouted 20%": "misrouted"}
    found = {"space": "ablations", "variants": variants, "failed": failed, "factors": factors}
    folder.with_name("ablations.json").write_text(json.dumps(found))
    return folder


def fingerprints(run: Path) -> dict[str, str]:
    return {path.name: read_manifest(path).fingerprint for path in run.iterdir() if path.is_symlink()}


@pytest.fixture
def study(run: Path, tmp_path: Path):
    """Return what adds studies to a copy of the run."""

    def add(**studies: object) -> dict[str, dict]:
        copy = tmp_path / "run"
        if not copy.exists():
            shutil.copytree(run, copy, symlinks=True)
        make_finished_run(copy, studies=studies, **SETTINGS)
        found = json.loads((copy / "report" / "objectives.json").read_text())
        return {one["id"]: one for one in found}

    return add


def ablations_with(run: Path, folder: Path, **changes: dict) -> str:
    """The ablations with variants replaced by factor."""
    found = json.loads(run.with_name("ablations.json").read_text())
    found["variants"] = [changes.get(one["factor"], one) for one in found["variants"]]
    path = folder / "changed.json"
    path.write_text(json.dumps(found))
    return str(path)


def test_all_of_them_are_judged_shown_and_packed(run, study, tmp_path):
    objectives = study(
        ablations=str(run.with_name("ablations.json")),
        other_data=[str(run.with_name("on_data"))],
        repetition=str(run.with_name("again")),
    )
    assert objectives["O9"]["verdict"] == "pass"
    assert [one["what"] for one in objectives["O9"]["checks"]] == [f"O6, O8 under other {f}" for f in FACTORS]
    (ranked,) = objectives["O10"]["checks"]
    assert ranked["what"] == "Kendall's tau of the policies, on data (test) and at home"
    tau = json.loads((run.with_name("on_data") / "results.json").read_text())["shift"]["rank"]["tau"]
    assert ranked["holds"] == (tau >= 0.6)
    assert [one["measured"] for one in objectives["O11"]["checks"]] == ["0.00 dB", "0.00 dB"]
    assert objectives["O11"]["verdict"] == "pass"
    page = (tmp_path / "run" / "report" / "report.html").read_text()
    assert all(f">{title}<" in page for title in ("Ablations", "Other data", "Second run"))
    assert "no result: no memory" in page
    pack_run(tmp_path / "run", tmp_path / "artifact.zip")
    verify_artifact(tmp_path / "artifact.zip")


def test_a_conclusion_that_a_small_change_overturns_fails_and_limits_the_scope(run, study, tmp_path):
    changed = variant("beta 80", "beta", O8="pass")
    objectives = study(ablations=ablations_with(run, tmp_path, beta=changed))
    assert objectives["O9"]["verdict"] == "fail"
    (failed,) = [one for one in objectives["O9"]["checks"] if not one["holds"]]
    assert failed["measured"] == "O8 fail to pass (beta 80)"
    assert "and not under: beta 80; Top-2. Whether" in (tmp_path / "run" / "report" / "report.md").read_text()


def test_a_factor_without_a_result_is_not_measured(run, study, tmp_path):
    other = variant("local", "descriptor")
    objectives = study(ablations=ablations_with(run, tmp_path, beta=other))
    assert objectives["O9"]["verdict"] == "not measured"
    assert "has no result of it" in str(objectives["O9"]["checks"])


def test_a_conclusion_that_the_search_has_not_measured_is_not_judged(run, study, tmp_path):
    unmeasured = {one: variant(f"another {one}", one, O6="not measured") for one in FACTORS}
    first = {**variant("reference", "reference", O6="not measured"), "stages": fingerprints(run)}
    objectives = study(ablations=ablations_with(run, tmp_path, reference=first, **unmeasured))
    assert objectives["O9"]["verdict"] == "not measured"
    *by_factor, last = objectives["O9"]["checks"]
    assert all(one["holds"] for one in by_factor)
    assert last["what"] == "O6 under small changes"


def test_a_second_run_that_was_not_made_twice_shows_nothing(run, study):
    objectives = study(repetition=str(run))
    (check,) = objectives["O11"]["checks"]
    assert check["holds"] is None
    assert check["measured"].startswith("not made twice, but one result in both runs: dense")


def test_runs_of_other_seeds_show_how_far_they_are_apart(run, study, tmp_path):
    study(other_seeds=[str(run.with_name("seeded"))])
    found = json.loads((tmp_path / "run" / "studies" / "studies.json").read_text())["seeds"]
    named = {0: run, 3: run.with_name("seeded")}
    rows = {seed: rows_of_run(folder, read_run(folder)) for seed, folder in named.items()}
    assert found == [asdict(judge_seed(seed, rows[seed])) for seed in named]
    report = (tmp_path / "run" / "report" / "report.md").read_text()
    assert "### Other seeds\n\n| what | seed 0 | seed 3 | mean | deviation |" in report
    pack_run(tmp_path / "run", tmp_path / "artifact.zip")
    verify_artifact(tmp_path / "artifact.zip")


def test_runs_of_no_other_seed_or_of_another_config_are_refused(run, study, tmp_path):
    seeded = str(run.with_name("seeded"))
    with pytest.raises(DataError, match=r"studies\.other_seeds: .* another seed, got 0 again in .*again"):
        study(other_seeds=[seeded, str(run.with_name("again"))])
    with pytest.raises(DataError, match="got 3 again in"):
        study(other_seeds=[seeded, seeded])
    other = tmp_path / "other"
    make_finished_run(other, seed=4, utilities={"error": "l1", "normalize": True})
    with pytest.raises(DataError, match=r"of the same config, got .*, which has another utilities"):
        study(other_seeds=[str(other)])


def test_studies_of_another_run_are_refused(run, study, tmp_path):
    other = {**variant("reference", "reference"), "stages": {**fingerprints(run), "router": "0"}}
    with pytest.raises(DataError, match="is of another one: router differ"):
        study(ablations=ablations_with(run, tmp_path, reference=other))
    moved = shutil.copytree(run.with_name("on_data"), tmp_path / "on_other")
    origin = json.loads((moved / "origin.json").read_text())
    origin["stages"]["dense"] = "0"
    (moved / "origin.json").write_text(json.dumps(origin))
    with pytest.raises(DataError, match="is of another one: dense differ"):
        study(other_data=[str(moved)])
    with pytest.raises(DataError, match="which has another seed"):
        study(repetition=str(run.with_name("seeded")))
    for named in ({"repetition": str(tmp_path / "run")}, {"other_seeds": [str(tmp_path / "run")]}):
        with pytest.raises(DataError, match=r"expected another run, got .*run, which is this one"):
            study(**named)


def test_how_other_data_rank_follows_from_their_rows(run, study, tmp_path):
    moved = Path(shutil.copytree(run.with_name("on_data"), tmp_path / "on_other"))
    told = json.loads((moved / "results.json").read_text())
    honest = told["shift"]["rank"]["tau"]
    for wrong in (0.99 - honest, "0.99", True):
        told["shift"]["rank"]["tau"] = wrong
        (moved / "results.json").write_text(json.dumps(told))
        study(other_data=[str(moved)])
        (kept,) = json.loads((tmp_path / "run" / "studies" / "studies.json").read_text())["other_data"]
        assert kept["tau"] == honest
    told["calibration"]["ece"] = "0.01"
    (moved / "results.json").write_text(json.dumps(told))
    with pytest.raises(DataError, match=r"on_other: expected what .*, it .* ece, which is '0\.01' and no"):
        study(other_data=[str(moved)])


def change_manifest(folder: Path, **changes: object) -> None:
    write_manifest(folder, read_manifest(folder).model_copy(update=changes))


def test_a_second_run_over_other_weather_is_refused(run, study, tmp_path):
    again = Path(shutil.copytree(run.with_name("again"), tmp_path / "again", symlinks=True))
    rows = again / "evaluate" / "per_image.jsonl"
    changed = [json.loads(line) for line in rows.read_text().splitlines()]
    for row in changed:
        row["metrics"]["psnr"] += row["policy"] == "input"
    rows.write_text("".join(f"{json.dumps(row)}\n" for row in changed))
    with pytest.raises(DataError, match=r"per_image\.jsonl is not what was committed"):
        study(repetition=str(again))
    change_manifest(rows.parent, outputs=outputs_of(rows.parent))
    with pytest.raises(DataError, match="were degraded otherwise"):
        study(repetition=str(again))


def test_runs_of_other_code_are_refused(run, study, tmp_path):
    for key, name, named in (
        ("repetition", "again", str),
        ("other_seeds", "seeded", lambda path: [str(path)]),
    ):
        other = Path(shutil.copytree(run.with_name(name), tmp_path / name, symlinks=True))
        recipe = read_manifest(other / "router").recipe
        change_manifest(other / "router", recipe={**recipe, "toolkit": "0.0.1"})
        with pytest.raises(DataError, match=rf"studies\.{key}: expected a run of the same code, .* 'router'"):
            study(**{key: named(other)})


@pytest.mark.parametrize(
    ("studies", "said"),
    [
        (
            {"ablations": "gone.json"},
            r"studies\.ablations: expected the \.json that tools/tune\.py writes, but there is no gone\.json",
        ),
        (
            {"other_data": ["gone"]},
            r"studies\.other_data: expected the folder that tools/evaluate\.py wrote to, .* gone/origin",
        ),
        ({"repetition": "gone"}, "cannot read gone/run.json"),
        ({"other_seeds": ["gone"]}, "cannot read gone/run.json"),
    ],
)
def test_what_is_not_there_is_named(study, studies, said):
    with pytest.raises((DataError, StoreError), match=said):
        study(**studies)


def test_a_file_that_is_no_search_is_refused(study, tmp_path):
    (tmp_path / "other.json").write_text('{"variants": []}')
    with pytest.raises(DataError, match=r"expected the results of tools/tune\.py"):
        study(ablations=str(tmp_path / "other.json"))
