"""A finished run becomes a trained model for a hub: whole or not at all, and its card says what came out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from row_examples import example
from tiny_artifact import EXPERTS

from moei_toolkit.artifact import publishing
from moei_toolkit.artifact.archive import opened
from moei_toolkit.artifact.publishing import planned_model, publish_run
from moei_toolkit.commands import export as command
from moei_toolkit.errors import ExportError, RegistryError, StoreError
from moei_toolkit.inference.pretrained.checking import TOLERANCE
from moei_toolkit.inference.pretrained.record import CARD, FILES, RECORD, WEIGHTS, read_model
from moei_toolkit.inference.restorer import Restorer
from moei_toolkit.io.hashing import sha256_file

COLUMNS = {"input": "input", "dense": "dense", "MoE-I": "actual", "oracle": "oracle"}
"""Of the table, and the policies they are about."""


@pytest.fixture(scope="module")
def published(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of a finished run; read only."""
    target = tmp_path_factory.mktemp("published") / "model"
    publish_run(finished, target)
    return target


@pytest.fixture(scope="module")
def card(published: Path) -> str:
    return (published / CARD).read_text(encoding="utf-8")


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_it_is_what_hubs_expect(published):
    assert files_in(published) == sorted(["model.safetensors", "config.json", "README.md"])
    assert read_model(published).weights.sha256 == sha256_file(published / WEIGHTS)


def test_it_restores_what_the_run_restores(finished, published):
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    ours, theirs = (
        Restorer.from_pretrained(published).restore(image),
        Restorer.from_run(finished).restore(image),
    )
    assert ours.image.tobytes() == theirs.image.tobytes()
    assert ours.decision == theirs.decision


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(finished, published, packed, tmp_path):
    publish_run(finished, tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (published / name).read_bytes()
    with opened(packed) as folder:
        publish_run(folder, tmp_path / "packed")
    assert (tmp_path / "packed" / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()
    assert read_model(tmp_path / "packed").architecture == read_model(published).architecture


def test_its_origin_is_the_run(finished, published):
    origin = read_model(published).origin
    stages = json.loads((finished / "run.json").read_text())["stages"]
    assert origin.stages == {name: result["fingerprint"] for name, result in stages.items()}
    assert (origin.run, origin.title, origin.seed, origin.datasets) == ("run", "Tiny", 0, ("toy",))


def test_it_tells_nothing_of_where_it_was_made(published, finished):
    for name in FILES:
        content = (published / name).read_bytes()
        for told in (str(finished), str(finished.parent), str(Path.home()), str(Path.cwd())):
            assert told.encode() not in content


def expected_psnr(weather: str, policy: str) -> float:
    """The mean of the rows, computed here."""
    return float(
        np.mean(
            [row.metrics["psnr"] for row in example() if (row.degradation, row.policy) == (weather, policy)]
        )
    )


def test_the_table_of_results_is_what_the_rows_say(card):
    table = card.split("### PSNR\n\n")[1].split("\n\n")[0].splitlines()
    header, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert set(COLUMNS) <= set(header)
    told = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    for weather in EXPERTS.values():
        for column, policy in COLUMNS.items():
            assert told[weather][column] == f"{expected_psnr(weather, policy):.2f}"


def test_the_head_is_what_hubs_read(card):
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["license"] == "other"
    assert head["library_name"] == "moei_toolkit"
    assert head["pipeline_tag"] == "image-to-image"
    assert head["tags"] == ["image-restoration", "mixture-of-experts", "rain", "haze"]
    assert head["metrics"] == ["psnr", "ssim"]
    data = ModelCard(card).data
    assert data.license == "other"
    assert data.model_name == "Tiny"
    results = {(one.dataset_name, one.metric_name): one.metric_value for one in data.eval_results}
    assert results == {
        (f"toy: {weather}", metric.upper()): pytest.approx(value, abs=1e-4)
        for weather in EXPERTS.values()
        for metric, value in {
            "psnr": expected_psnr(weather, "actual"),
            "ssim": results[f"toy: {weather}", "SSIM"],
        }.items()
    }
    assert {one.task_type for one in data.eval_results} == {"image-to-image"}


@pytest.mark.parametrize(
    "line",
    [
        "# Tiny",
        "moei-restore PHOTO --run FOLDER",
        'restorer = Restorer.from_pretrained(Path("FOLDER"))',
        "| expert wet | adapter | 1,046 | rain |",
        "| train | 1 | 0 | 1 |",
        "- Measured on 4 degraded test images of 2 scenes, and on no others.",
        "- O4 failed, agreement with the oracle: 75.0%, expected >= 85.0%.",
    ],
)
def test_what_its_card_says(card, line):
    assert line in card.splitlines()


def test_the_parts_of_its_card(card, published):
    titles = [line.removeprefix("## ") for line in card.splitlines() if line.startswith("## ")]
    assert titles == ["Use", "Parts", "Data", "Results", "Objectives", "Limits", "Origin", "Licence", "Files"]
    assert f"its SHA-256 is `{sha256_file(published / WEIGHTS)}`." in card.replace("\n", " ")
    assert "before rounding" not in card


def test_the_example_in_its_card_runs(card, published, tmp_path):
    from PIL import Image

    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    code = code.replace('"FOLDER"', repr(str(published))).replace('"PHOTO"', repr(str(tmp_path / "a.png")))
    spoken: list[tuple[object, ...]] = []
    exec(code, {"print": lambda *words: spoken.append(words)})
    ((route, confidence),) = spoken
    assert route in (*EXPERTS, "dense")
    assert 0 <= confidence <= 1


def test_a_rounded_model_says_so(finished, tmp_path):
    model, difference = publish_run(finished, tmp_path / "half", dtype="float16")
    assert model.weights.dtype == "float16"
    assert 0 < difference < TOLERANCE
    assert "measured in float32, before rounding" in (tmp_path / "half" / CARD).read_text()


def test_a_model_is_not_replaced_unless_asked_for(finished, published, tmp_path):
    target = Path(shutil.copytree(published, tmp_path / "model"))
    (target / WEIGHTS).write_bytes(b"damaged")
    with pytest.raises(StoreError, match="is a trained model already; --overwrite replaces it"):
        publish_run(finished, target)
    assert (target / WEIGHTS).read_bytes() == b"damaged"
    publish_run(finished, target, overwrite=True)
    assert (target / WEIGHTS).read_bytes() == (published / WEIGHTS).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_no_export_has_written_is_not_removed(finished, published, tmp_path):
    target = Path(shutil.copytree(published, tmp_path / "model"))
    (target / ".git").mkdir()
    with pytest.raises(StoreError, match=r"model holds '\.git', which no export has written"):
        planned_model(finished, target, overwrite=True)
    assert (target / ".git").is_dir()


def test_a_link_to_a_model_stays(finished, published, tmp_path):
    target = Path(shutil.copytree(published, tmp_path / "model"))
    (tmp_path / "link").symlink_to("model")
    before = target.stat().st_ino
    publish_run(finished, tmp_path / "link", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "model"]
    assert (tmp_path / "link").is_symlink()
    assert target.stat().st_ino != before


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_model_is_never_replaced(finished, tmp_path, overwrite):
    (tmp_path / "notes.txt").write_text("mine")
    for number, text in enumerate(["{", "[]", '{"compilerOptions": {}}']):  # the name means little
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / RECORD).write_text(text)
    for target in (tmp_path, tmp_path / "notes.txt", finished, *map(tmp_path.joinpath, "012")):
        with pytest.raises(StoreError, match="is there and no trained model"):
            publish_run(finished, target, overwrite)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("step", ["hub_card", "require_no_places", "load_pretrained", "require_equal"])
def test_nothing_is_left_where_a_step_fails(finished, tmp_path, monkeypatch, step):
    def fail(*arguments: object) -> None:
        raise ExportError("no")

    monkeypatch.setattr(publishing, step, fail)
    with pytest.raises(ExportError, match="no"):
        publish_run(finished, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from moei_toolkit.artifact import publishing

publishing.hub_card = lambda *arguments: os._exit(9)
publishing.publish_run(Path(sys.argv[1]), Path(sys.argv[2]), overwrite=True)
"""


def test_an_export_that_is_killed_leaves_what_was_there(finished, published, tmp_path):
    target = Path(shutil.copytree(published, tmp_path / "model"))
    assert subprocess.run([sys.executable, "-c", KILLED, str(finished), str(target)]).returncode == 9
    assert {name: sha256_file(target / name) for name in files_in(target)} == {
        name: sha256_file(published / name) for name in FILES
    }


def spoilt(finished: Path, tmp_path: Path, change) -> Path:
    """A copy of the run with another record."""
    run = Path(shutil.copytree(finished, tmp_path / "run", symlinks=True))
    record = json.loads((run / "run.json").read_text())
    change(record)
    (run / "run.json").write_text(json.dumps(record))
    return run


def test_a_run_that_is_not_finished(finished, tmp_path):
    run = spoilt(finished, tmp_path, lambda record: record["stages"].pop("report"))
    for act in (publish_run, planned_model):
        with pytest.raises(StoreError, match="no result of stage 'report' yet: finish it first"):
            act(run, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_model_that_needs_a_place_of_this_machine(finished, tmp_path):
    place = {"type": "external", "function": "/somewhere/router.py:route"}
    run = spoilt(finished, tmp_path, lambda record: record["config"]["router"].update(router=place))
    with pytest.raises(
        StoreError, match=r"run\.json: the model would need /somewhere/router\.py.*nobody else"
    ):
        publish_run(run, tmp_path / "model")


def test_weights_that_give_something_else_are_refused(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("moei_toolkit.inference.pretrained.checking.TOLERANCE", -1.0)
    with pytest.raises(ExportError, match=r"route '\w+': expected what the run gives to"):
        publish_run(finished, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_component_that_is_not_there_is_named(finished, tmp_path):
    run = spoilt(finished, tmp_path, lambda record: record["config"]["backbone"].update(type="global_unte"))
    with pytest.raises(RegistryError, match="Did you mean 'global_unet'"):
        publish_run(run, tmp_path / "model")


def test_the_command(finished, tmp_path, capsys):
    target = tmp_path / "model"
    arguments = ["--run", str(finished), "-o", str(target), "--format", "weights"]
    assert command.main([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr().out.split() == [str(target / name) for name in (RECORD, WEIGHTS, CARD)]
    assert not target.exists()
    assert command.main(arguments) == 0
    weights, model = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"weights  [\d,]+ numbers in \d+\.\d MB, pictures within 0 of the run's", weights)
    assert model == f"model    {target}"
    options = ["--dtype", "float16", "--license", "cc-by-4.0"]
    assert command.main([*arguments, "--overwrite", *options]) == 0
    assert read_model(target).weights.dtype == "float16"
    assert ModelCard((target / CARD).read_text(encoding="utf-8")).data.license == "cc-by-4.0"


@pytest.mark.parametrize(("option", "value"), [("--dtype", "float16"), ("--license", "mit")])
def test_what_is_for_weights_only(finished, tmp_path, capsys, option, value):
    with pytest.raises(SystemExit):
        command.main(["--run", str(finished), "-o", str(tmp_path / "bundle"), option, value])
    assert f"{option} goes with --format weights" in capsys.readouterr().err


def test_a_title_with_signs_of_yaml_in_it(finished, tmp_path):
    title = "Rain: \"haze\" & 'snow' # no - é {x} [y] \\ %"
    run = spoilt(finished, tmp_path, lambda record: record["config"]["report"].update(title=title))
    publish_run(run, tmp_path / "model")
    head = (tmp_path / "model" / CARD).read_text(encoding="utf-8").split("---\n")[1]
    assert yaml.safe_load(head)["model-index"][0]["name"] == title
