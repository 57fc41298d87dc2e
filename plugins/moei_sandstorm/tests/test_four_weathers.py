"""A fourth weather goes from data to report without anything in the toolkit knowing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import moei_toolkit
from moei_toolkit.commands.train import main as train
from moei_toolkit.config.loader import load_config
from moei_toolkit.config.schema import Config
from moei_toolkit.evaluation.rows import Row, read_rows

TOOLKIT = Path(moei_toolkit.__file__).parent
FOUR = {"rain", "haze", "snow", "sandstorm"}
LARGE, SMOKE = "moei_sandstorm::four_weathers.py", "moei_sandstorm::four_weathers_smoke.py"


@pytest.mark.parametrize("name", [LARGE, SMOKE])
def test_every_config_has_four_of_everything(name: str):
    config = load_config(name)
    assert {*config.tasks} == {*config.experts} == {*config.singles} == FOUR
    assert all(name == section.task for name, section in config.experts.items())
    for mix in (config.dense.training.mix, config.dense_equal.training.mix):
        assert {*mix} == {*FOUR, "clean"}


def test_dense_and_dense_equal_see_what_they_see_with_three_weathers():
    """Images of each weather in training: as many as in the base config, and as the experts together."""
    three = load_config("moei_toolkit::moei_rain_haze_snow.py")
    four = load_config(LARGE)

    def images(config: Config, section: str, weather: str) -> float:
        training = getattr(config, section).training
        return training.iterations * training.mix[weather] / sum(training.mix.values())

    for weather in ("rain", "clean"):
        assert images(four, "dense", weather) >= 0.98 * images(three, "dense", weather)
        assert images(four, "dense_equal", weather) >= images(three, "dense_equal", weather)
    assert images(four, "dense", "sandstorm") == images(four, "dense", "rain")
    spent = sum(section.training.iterations for section in four.experts.values())
    assert four.dense_equal.training.iterations == spent


def test_the_toolkit_knows_nothing_of_it():
    knowing = [path for path in TOOLKIT.rglob("*.py") if "sandstorm" in path.read_text(encoding="utf-8")]
    assert not knowing


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole chain over four weathers, so small that it takes less than a minute."""
    work_dir = tmp_path_factory.mktemp("four")
    assert train([SMOKE, "--work-dir", str(work_dir)]) == 0
    return work_dir


@pytest.fixture(scope="module")
def rows(run: Path) -> list[Row]:
    return read_rows(run / "evaluate" / "per_image.jsonl")


@pytest.mark.long
def test_every_image_is_judged_along_every_route(rows: list[Row]):
    policies = {"input", "dense", "dense-equal", "top2", "actual", "oracle"}
    policies |= {f"{kind}.{weather}" for kind in ("expert", "single") for weather in FOUR}
    judged = {(row.id, row.policy) for row in rows}
    assert judged == {(row.id, policy) for row in rows for policy in policies}
    assert {row.degradation for row in rows} == {*FOUR, "clean"}


@pytest.mark.long
def test_the_router_chooses_among_four(rows: list[Row]):
    actual = [row for row in rows if row.policy == "actual"]
    probabilities = [row.probabilities for row in actual]
    assert all({*found} == FOUR for found in probabilities)
    assert all(sum(found.values()) == pytest.approx(1) for found in probabilities)


@pytest.mark.long
def test_the_report_speaks_of_sandstorms(run: Path):
    results = json.loads((run / "report" / "results.json").read_text(encoding="utf-8"))
    assert {*results["quality"]["weathers"]} == FOUR
    for page in ("report.html", "report.md"):
        assert "sandstorm" in (run / "report" / page).read_text(encoding="utf-8")
