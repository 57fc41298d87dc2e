"""An untouched artifact passes; whatever is touched is found and named, however well it is hidden."""

from __future__ import annotations

import re

import pytest
from tampering import (
    ROWS,
    complaints,
    cover_up,
    describe_weights,
    edit_json,
    edit_row,
    flip_byte,
    forge_recipe,
    replace_text,
    set_psnr,
)

from moei_toolkit.artifact.archive import zip_folder
from moei_toolkit.artifact.checks import CHECKS
from moei_toolkit.artifact.verification import verify_artifact
from moei_toolkit.io.hashing import sha256_file

REPORT = "stages/report"


def test_an_untouched_artifact(packed, unpacked):
    found = verify_artifact(packed)
    assert (found.holds, found.notes) == (list(CHECKS), [])
    assert found.digest == sha256_file(unpacked / "SHA256SUMS")
    assert verify_artifact(unpacked) == found


def test_problems_are_listed_one_a_line_below_their_number(unpacked, tmp_path):
    (unpacked / "environment.json").unlink()
    (unpacked / "more.txt").write_text("more")
    zip_folder(unpacked, tmp_path / "forged.zip")
    assert complaints(tmp_path / "forged.zip").splitlines() == [
        f"{tmp_path / 'forged.zip'}: 2 problems",
        "  environment.json is missing",
        "  more.txt is not listed in SHA256SUMS",
    ]


EDITS = {
    "row": (
        lambda folder: edit_row(folder, "two-haze-0", "expert.wet", set_psnr),
        "the row of image 'two-haze-0', policy 'expert.wet' is not what rows.sha256 lists",
    ),
    "row removed": (
        lambda folder: (folder / ROWS).write_text((folder / ROWS).read_text().split("\n", 1)[1]),
        "the row of image 'one-rain-0', policy 'input' is missing",
    ),
    "weight": (
        lambda folder: flip_byte(folder / "stages/router/router.safetensors"),
        "stages/router/router.safetensors is not what",
    ),
    "cell": (
        lambda folder: replace_text(folder / REPORT / "report.md", "| 24.50 |", "| 25.50 |"),
        r"report.md: table 'PSNR': row 3 \(macro\), column 'oracle': expected '24.50', got '25.50'",
    ),
    "sentence": (
        lambda folder: replace_text(folder / REPORT / "report.md", "MoE-I minus rival", "Rival minus MoE-I"),
        r"report.md: line \d+: expected .MoE-I minus rival.* got .Rival minus MoE-I",
    ),
    "verdict": (
        lambda folder: edit_json(folder / REPORT / "objectives.json", lambda o: o[3].update(verdict="pass")),
        r"objectives.json: \[3\].verdict: expected 'fail', got 'pass'",
    ),
    "result": (
        lambda folder: edit_json(
            folder / REPORT / "results.json", lambda r: r["quality"]["macro"]["actual"].update(psnr=99.0)
        ),
        r"results.json: quality.macro.actual.psnr: expected 21.25, got 99.0",
    ),
    "fact": (
        lambda folder: edit_json(
            folder / REPORT / "facts.json", lambda f: f["expert_shares"].update(wet=0.5)
        ),
        r"facts.json: expert_shares.wet: expected 0.02, got 0.5",
    ),
    "aggregate": (
        lambda folder: replace_text(
            folder / REPORT / "per_policy.csv", "rain,actual,2,24.0", "rain,actual,2,25.0"
        ),
        r"per_policy.csv: row \d+ \(toy, rain, actual\), column 'psnr': expected '24.0', got '25.0'",
    ),
    "card": (
        lambda folder: replace_text(
            folder / "MODEL_CARD.md",
            "| O4 | Top-1 router with utility distillation | fail",
            "| O4 | Top-1 router with utility distillation | pass",
        ),
        r"MODEL_CARD.md: table 'Verdicts': row 4 \(O4\), column 'verdict': expected 'fail', got 'pass'",
    ),
    "page": (
        lambda folder: replace_text(folder / REPORT / "report.html", "Tiny", "Huge"),
        "stages/report/report.html is not what the stage's manifest.json says",
    ),
    "missing stage file": (
        lambda folder: (folder / "stages/data/meta.jsonl").unlink(),
        "stages/data/meta.jsonl is missing",
    ),
    "missing manifest": (
        lambda folder: (folder / "stages/router/manifest.json").unlink(),
        "stage 'router': cannot read stages/router/manifest.json",
    ),
    "added stage file": (
        lambda folder: (folder / "stages/dense/more.bin").write_bytes(b"1"),
        "stages/dense/more.bin is not in the stage's manifest.json",
    ),
    "calibration": (
        lambda folder: edit_json(
            folder / "stages/calibrate/calibration.json", lambda c: c.update(threshold=0.1)
        ),
        "image 'two-haze-0', policy 'actual': abstained: expected False, got True",
    ),
    "config": (
        lambda folder: replace_text(folder / "config.py", "seed = 0", "seed = 1"),
        r"config.py: line 1: expected 'seed = 0.n', got 'seed = 1.n'",
    ),
    "recorded config": (
        lambda folder: edit_json(folder / "run.json", lambda run: run["config"]["router"].update(beta=50.0)),
        r"stages/router/manifest.json: recipe.section.router.beta: expected 50.0, got 20.0",
    ),
    "recorded seed": (
        lambda folder: edit_json(folder / "run.json", lambda run: run["config"].update(seed=1)),
        r"stages/data/manifest.json: recipe.seed: expected \d+, got \d+",
    ),
    "recorded folder": (
        lambda folder: edit_json(
            folder / "run.json", lambda run: run["stages"]["dense"].update(folder="../a")
        ),
        r"run.json: stages.dense.folder: expected 'stages/dense', got '../a'",
    ),
    "recorded stage": (
        lambda folder: edit_json(folder / "run.json", lambda run: run["stages"].pop("utilities")),
        r"run.json: stage 'utilities' is missing",
    ),
    "recipe": (
        lambda folder: edit_json(
            folder / "stages/dense/manifest.json", lambda manifest: manifest["recipe"].update(code="0" * 64)
        ),
        "stages/dense/manifest.json: the fingerprint is not the hash of the recipe",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_under_new_sums(unpacked, name):
    edit, expected = EDITS[name]
    edit(unpacked)
    cover_up(unpacked)
    found = complaints(unpacked)
    assert re.search(expected, found), found
    assert "SHA256SUMS" not in found


@pytest.mark.parametrize("name", [name for name in EDITS if "missing" not in name and "added" not in name])
def test_an_edit_that_is_not_hidden(unpacked, name):
    EDITS[name][0](unpacked)
    assert re.search(r"\n  \S+ is not what SHA256SUMS lists", complaints(unpacked))


def test_a_row_under_new_hashes_of_rows_and_files(unpacked):
    edit_row(unpacked, "one-haze-0", "expert.wet", set_psnr)
    cover_up(unpacked, manifests=True, rows=True)
    found = complaints(unpacked)
    assert "results.json: quality.weathers.haze.expert.wet.psnr" in found
    assert "per_policy.csv: row" in found


def test_a_row_whose_results_were_derived_again_contradicts_the_others(unpacked):
    edit_row(unpacked, "one-haze-0", "actual", set_psnr)
    cover_up(unpacked, manifests=True, rows=True)
    expected = "image 'one-haze-0', policy 'actual': psnr: expected that of 'expert.gray', 19, got 20.0"
    assert expected in complaints(unpacked)


@pytest.mark.parametrize("stage", ["router", "dense", "experts.wet"])
def test_a_weight_under_new_hashes_of_files(unpacked, stage):
    (weights,) = (unpacked / "stages" / stage).glob("*.safetensors")
    flip_byte(weights)
    cover_up(unpacked, manifests=True)
    assert f"stages/{stage}/{weights.name} is damaged" in complaints(unpacked)


def forge_weights(folder) -> None:
    weights = folder / "stages/router/router.safetensors"
    flip_byte(weights)
    describe_weights(weights)


UNDERIVED = {
    "router": forge_weights,
    "calibrate": lambda folder: edit_json(
        folder / "stages/calibrate/calibration.json", lambda c: c["calibrator"].update(temperature=9.0)
    ),
    "dense": lambda folder: replace_text(folder / "stages/dense/history.json", "20.0", "30.0"),
    "data": lambda folder: replace_text(folder / "stages/data/meta.jsonl", "0" * 64, "1" * 64),
    "utilities": lambda folder: edit_json(
        folder / "stages/utilities/manifest.json", lambda m: m.update(git={"revision": "1" * 40}, seconds=1e9)
    ),
    "report": lambda folder: replace_text(folder / REPORT / "report.html", "</g>", "<path/></g>"),
}
"""Stage -> an edit of something in it that nothing is derived from."""


@pytest.mark.parametrize("stage", UNDERIVED)
def test_the_card_names_the_stage_of_an_edit_under_new_hashes_of_files(unpacked, stage):
    UNDERIVED[stage](unpacked)
    cover_up(unpacked, manifests=True)
    expected = rf"MODEL_CARD.md: table 'Stages': row \d+ \({stage}\), column 'SHA-256 of its manifest'"
    assert re.search(expected, complaints(unpacked))


@pytest.mark.parametrize("stage", UNDERIVED)
def test_only_the_digest_tells_of_an_edit_under_all_new_hashes(packed, unpacked, stage):
    UNDERIVED[stage](unpacked)
    cover_up(unpacked, manifests=True, card=True)
    found = verify_artifact(unpacked)
    assert found.holds == list(CHECKS)
    assert found.digest != verify_artifact(packed).digest


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'data-value="24.5">24.50<',
            'data-value="24.5">25.50<',
            "table 'PSNR': expected .*24.50.* got .*25.50",
        ),
        ("21.25 dB macro", "29.25 dB macro", "headline: expected .*21.25 dB macro.* got .*29.25 dB macro"),
        ("agreement with the oracle", "something", "objectives: expected .*agreement.* got .*something"),
    ],
)
def test_a_page_under_all_new_hashes(unpacked, old, new, expected):
    replace_text(unpacked / REPORT / "report.html", old, new)
    cover_up(unpacked, manifests=True, card=True)
    assert re.search(rf"\n  stages/report/report.html: {expected}", complaints(unpacked))


def test_a_page_with_a_table_less(unpacked):
    page = unpacked / REPORT / "report.html"
    replace_text(page, "<h3>Routing</h3>", "<h3>Nothing</h3>")
    cover_up(unpacked, manifests=True, card=True)
    assert "report.html: table 'Routing': expected " in complaints(unpacked)
    page.unlink()
    assert "cannot read stages/report/report.html" in complaints(unpacked)


BODY = re.compile(r"<body>(.*)<script>", re.DOTALL)


def hidden(page: str) -> str:
    """Return a page that shows other verdicts, with the honest one where no browser shows it."""
    honest = BODY.search(page)[1]
    fake = honest.replace(">fail<", ">pass<").replace(">not measured<", ">pass<")
    return page.replace(honest, f"{fake}<template>{honest}</template>")


@pytest.mark.parametrize(
    "forge",
    [
        hidden,
        lambda page: page.replace("<main>", "<main><!-- ") + " -->" + page,
        lambda page: page.replace("<main>", "<main><p>All objectives are reached.</p>"),
        lambda page: page.replace("<header>", "<header hidden>", 1),
        lambda page: page.replace("<h2>Quality</h2>", "<h2>Quality: 11 of 11</h2>"),
        lambda page: page.replace("</style>", "main { display: none; }</style>"),
        lambda page: page.replace("</svg>", "<style>main { display: none; }</style></svg>", 1),
        lambda page: page.replace("<svg ", '<svg style="position: fixed" ', 1),
        lambda page: page.replace(
            "</main>", page[page.index("<section ") : page.index("</main>")] + "</main>"
        ),
        lambda page: page.replace("Made by", "Checked by"),
    ],
)
def test_a_page_that_shows_more_than_it_should(unpacked, forge):
    path = unpacked / REPORT / "report.html"
    honest = path.read_text()
    path.write_text(forge(honest))
    assert path.read_text() != honest
    cover_up(unpacked, manifests=True, card=True)
    assert "report.html: " in complaints(unpacked)


def add(path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("more")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda folder: add(folder / "more.txt"), "more.txt is no file of an artifact with this config"),
        (lambda folder: add(folder / "stages/extra/more.bin"), "stages/extra/more.bin is no file of"),
        (lambda folder: add(folder / "scripts/more.sh"), "scripts/more.sh is no file of"),
        (lambda folder: (folder / "environment.json").unlink(), "environment.json is missing"),
        (
            lambda folder: (folder / "scripts/reproduce_cost.sh").unlink(),
            "scripts/reproduce_cost.sh is missing",
        ),
        (lambda folder: (folder / "stages/extra").mkdir(), "stages/extra is an empty folder"),
        (lambda folder: (folder / "stages/dense/logs").mkdir(), "stages/dense/logs is an empty folder"),
    ],
)
def test_what_belongs_to_no_artifact_under_new_sums(unpacked, edit, expected):
    edit(unpacked)
    cover_up(unpacked)
    assert f"1 problem\n  {expected}" in complaints(unpacked)


@pytest.mark.parametrize("name", ["run.json", "stages/dense", "stages/more"])
def test_links_are_not_followed(unpacked, tmp_path, name):
    path, target = unpacked / name, tmp_path / "elsewhere"
    target.mkdir()
    if path.exists():
        path.rename(target / "kept")
        target /= "kept"
    path.symlink_to(target)
    expected = f"1 problem\n  {name}: expected a plain file or folder, got a link"
    assert expected in complaints(unpacked)


def test_a_recipe_under_a_new_fingerprint_is_missed_by_the_next_stage(unpacked):
    forge_recipe(unpacked, "router", lambda recipe: recipe.update(code="0" * 64))
    cover_up(unpacked)
    found = complaints(unpacked)
    assert "stages/calibrate/manifest.json: recipe.inputs.router: expected" in found
    assert "not the hash" not in found


def test_a_report_of_other_code_is_said_to_be_one(unpacked):
    forge_recipe(unpacked, "report", lambda recipe: recipe.update(code="0" * 64))
    replace_text(unpacked / REPORT / "report.md", "| 24.50 |", "| 25.50 |")
    cover_up(unpacked, manifests=True)
    assert "stages/report was written by other code than this: check it with revision" in complaints(unpacked)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (ROWS, "nonsense\n"),
        (ROWS, ""),
        (ROWS, "\xff"),
        ("stages/evaluate/protocol.json", "[]"),
        ("stages/evaluate/protocol.json", '{"psnr": 3}'),
        ("stages/calibrate/calibration.json", "{}"),
        ("stages/report/results.json", "[1]"),
        ("stages/report/facts.json", "{"),
        ("stages/data/meta.jsonl", "{}\n"),
        ("stages/dense/manifest.json", "{}"),
        ("SHA256SUMS", "nonsense\n"),
        ("rows.sha256", "nonsense\n"),
        ("run.json", "{}"),
        ("run.json", '{"config": {}}'),
        ("run.json", "[" * 100_000),
        ("stages/report/per_policy.csv", '"' + "x" * 200_000),
    ],
)
def test_malformed_content(unpacked, name, text):
    (unpacked / name).write_text(text, encoding="latin-1")
    assert name.rpartition("/")[2] in complaints(unpacked)


def test_a_row_of_the_wrong_types(unpacked):
    edit_row(
        unpacked, "one-haze-0", "actual", lambda row: row.update(probabilities={"wet": "much", "gray": 0.1})
    )
    cover_up(unpacked, manifests=True)
    expected = "image 'one-haze-0', policy 'actual': expected probabilities to be finite numbers"
    assert expected in complaints(unpacked)


def test_a_threshold_of_the_wrong_type(unpacked):
    edit_json(unpacked / "stages/calibrate/calibration.json", lambda c: c.update(threshold="much"))
    cover_up(unpacked, manifests=True)
    assert "malformed content: TypeError" in complaints(unpacked)


def test_what_is_printed_cannot_drive_a_terminal(unpacked):
    with (unpacked / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  \x1b[2J\n")
    assert complaints(unpacked).endswith("\n  \\x1b[2J is missing")


def test_a_config_is_never_run(unpacked):
    (unpacked / "config.py").write_text("raise SystemExit('run')\n")
    cover_up(unpacked)
    assert "config.py: line 1: expected 'seed = 0" in complaints(unpacked)


def test_a_record_that_leads_elsewhere_is_not_followed(unpacked, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "manifest.json").write_text("{}")
    stage = {"folder": "../outside", "fingerprint": "0"}
    edit_json(unpacked / "run.json", lambda run: run["stages"].update({"../../outside": stage}))
    cover_up(unpacked)
    assert complaints(unpacked).splitlines()[1:] == [
        "  run.json: stage '../../outside' is none of the config"
    ]


def test_a_damaged_file_of_the_report_does_not_hide_the_others(unpacked):
    (unpacked / REPORT / "results.json").write_text("{")
    (unpacked / REPORT / "per_policy.csv").unlink()
    replace_text(unpacked / "MODEL_CARD.md", "Tiny", "Huge")
    found = complaints(unpacked)
    for expected in (
        "results.json: expected JSON",
        "cannot read stages/report/per_policy.csv",
        "got '# Huge",
    ):
        assert expected in found
