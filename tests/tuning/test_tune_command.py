"""One command from a config to the results of a search; run again, it computes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moei_toolkit.cli import PARTIAL
from moei_toolkit.commands.tune import main
from moei_toolkit.config.frozen import FrozenDict
from moei_toolkit.config.loader import dump_config, load_config
from moei_toolkit.errors import ConfigError, StoreError
from moei_toolkit.registration.plugins import load
from moei_toolkit.tuning.planning.catalogue import find_space
from moei_toolkit.tuning.planning.search import make_search, write_search

ROOT = Path(__file__).parents[2]
SMOKE = str(ROOT / "configs" / "smoke.py")
ONE_STEP = {"training.iterations": 1, "training.crop_size": 32}
SMALLER = {
    "data.layout": {
        "scenes": {"train": 2, "route": 2, "calibrate": 2, "val": 1},
        "size": 64,
        "longest_side": 64,
    },
    **{
        f"{where}.{path}": value
        for where in ("dense", "dense_equal", "experts.rain", "experts.haze", "experts.snow")
        for path, value in ONE_STEP.items()
    },
    "inference.tile": 64,
    "evaluate.metrics": [{"type": "psnr"}],
}
SPACE = """
variants = [
    dict(name="beta 50", factor="beta", overrides={"router.beta": 50.0}),
    dict(name="tau 0.9", factor="tau", overrides={"calibrate.threshold": 0.9}),
    dict(name="Top-2", factor="experts at once", overrides={"evaluate.top2": True}, policy="top2"),
    dict(name="from afar", factor="x", overrides={"backbone.type": "from_afar"}, package="moei_afar"),
]
"""


@pytest.fixture
def space(tmp_path: Path) -> str:
    (tmp_path / "few.py").write_text(SPACE)
    return str(tmp_path / "few.py")


def test_a_dry_run_prints_the_plan_and_leaves_nothing(tmp_path, capsys, space):
    arguments = ["--config", SMOKE, "--space", space, "--work-dir", str(tmp_path / "out")]
    assert main([*arguments, "--store", str(tmp_path / "store"), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "  beta 50   run router, calibrate, evaluate; share 11" in told
    assert "cannot run from afar" in told
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "store").exists()


def test_options_reach_the_config(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([SMOKE, "--cfg-options", "router.beta=33.0", "--store", "here", "--print-config"]) == 0
    Path("printed.py").write_text(capsys.readouterr().out)
    printed = load_config("printed.py")
    assert (printed.router.beta, printed.store) == (33.0, str(tmp_path / "here")), "it stays there"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([SMOKE, "--space", "gird"], "Did you mean 'grid'"),
        ([SMOKE, "--searcher", "random"], "expected --samples"),
        ([SMOKE, "--searcher", "random", "--samples", "3"], "'ablations' is a list"),
        ([SMOKE, "--metric", "psnr"], "metric"),
    ],
)
def test_wrong_arguments(tmp_path, arguments, said):
    with pytest.raises(ConfigError, match=said):
        main([*arguments, "--work-dir", str(tmp_path), "--dry-run"])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--resume"],
        [SMOKE, "--config", SMOKE],
        [SMOKE, "--samples", "0"],
        ["--resume", "--work-dir", "x", "--metric", "ece"],
        [SMOKE, "--store", ""],
    ],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_there_must_be_something_to_go_on_with(tmp_path):
    with pytest.raises(StoreError, match="Expected the folder of a search"):
        main(["--resume", "--work-dir", str(tmp_path)])


def test_what_goes_on_is_what_was_asked_for(tmp_path, capsys, space):
    search = make_search("here", config=load_config(SMOKE), space=find_space(space, load([])))
    write_search(tmp_path, search)
    arguments = [SMOKE, "--space", space, "--store", "elsewhere", "--resume", "--work-dir", str(tmp_path)]
    with pytest.raises(ConfigError, match=r"plan\.json is of a search with another config\. .* leave out"):
        main([*arguments, "--dry-run"])
    arguments[4] = str(tmp_path / "store")
    write_search(tmp_path, search.model_copy(update={"config": load_config(SMOKE, {"store": arguments[4]})}))
    assert main([*arguments, "--dry-run"]) == 0
    assert "  tau 0.9   " in capsys.readouterr().out


@pytest.mark.slow
def test_from_a_config_to_results(tmp_path, capsys, space, cluster):
    config, out = tmp_path / "smaller.py", tmp_path / "out"
    config.write_text(dump_config(load_config(SMOKE, SMALLER).model_copy(update={"singles": FrozenDict({})})))
    arguments = [str(config), "--space", space, "--work-dir", str(out), "--store", str(tmp_path / "store")]
    assert main(arguments) == PARTIAL, "one of the variants needs a package that is not there"
    told = capsys.readouterr().out
    assert "computed  data 1, dense 1, experts.rain 1" in told
    assert "router 2, calibrate 3, " in told
    assert "It comes with the package moei_afar" in told
    results = json.loads((out / "few.json").read_text())
    assert [one["name"] for one in results["variants"]] == ["as it is", "beta 50", "tau 0.9", "Top-2"]
    assert results["failed"].keys() == {"from afar"}
    assert results["variants"][3]["policy"] == "top2"
    assert load_config(out / "best.py").evaluate == load_config(config).evaluate
    page = (out / "few.html").read_text()
    config.unlink()
    assert main(["--resume", "--work-dir", str(out)]) == PARTIAL
    told = capsys.readouterr().out
    assert "0 to run" in told
    assert "computed  nothing" in told
    assert "0 s of computing instead of" in told
    assert len((out / "few.html").read_text()) > len(page) / 2
