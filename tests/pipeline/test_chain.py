"""A change of the config makes exactly the stages run again whose result depends on it."""

from __future__ import annotations

import copy
import importlib
from pathlib import Path
from typing import Any

import pytest

from moei_toolkit.config.loader import load_config, validate_config
from moei_toolkit.pipeline.chain import make_chain
from moei_toolkit.pipeline.running import source
from moei_toolkit.pipeline.running.plan import make_plan

ROOT = Path(__file__).parents[2]
DEFAULT = load_config(ROOT / "configs" / "moei_rain_haze_snow.py")
LATER = ["data", "dense", "experts", "utilities", "router", "calibrate", "evaluate", "report"]
RIVALS = ["singles", "dense_equal"]
WHERE_ONLY = {"work_dir", "store", "custom_imports"}
WHOLE_SECTIONS = {"calibrate.threshold", "bench", "studies.ablations", "studies.repetition"}
"""None by default, and otherwise no value that another could be made of."""
OTHER_CHOICE = {
    "task": "l1",
    "hann": "uniform",
    "float32": "bfloat16",
    "global": "local",
    "utility": "best",
    "rain": "haze",
    "haze": "snow",
    "snow": "rain",
}


def raw() -> dict[str, Any]:
    return copy.deepcopy(DEFAULT.model_dump())


def fingerprints(config: dict[str, Any], changed_code: tuple[str, str] | None = None) -> dict[str, str]:
    def version_of(kind: str, name: str) -> dict[str, str]:
        return {"provider": "test", "version": "1", "sha256": f"{(kind, name) == changed_code}"}

    valid = validate_config(config, "test")
    plan = make_plan(make_chain(valid), valid.seed, version_of, frozenset())
    return {stage.name: stage.fingerprint for stage in plan}


BEFORE = fingerprints(raw())


def changed(config: dict[str, Any], changed_code: tuple[str, str] | None = None) -> set[str]:
    """Names of the stages that are new or would run again."""
    now = fingerprints(config, changed_code)
    return {name for name in now if now[name] != BEFORE.get(name)}


def from_on(group: str, *experts: str) -> set[str]:
    """The stages of a group and of all that follow from it; of the experts only those named, if any is."""
    groups = LATER[LATER.index(group) :] + (RIVALS if group in ("data", "dense") else [])
    groups += ["measure"] if group in LATER[: LATER.index("router")] else []
    chosen = {name for name in BEFORE if name.partition(".")[0] in groups}
    if experts:
        others = {name for name in BEFORE if name.startswith("experts.")}
        chosen -= others - {f"experts.{name}" for name in experts}
    return chosen


def put(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    *parents, last = path.split(".")
    section = config
    for parent in parents:
        section = section[parent]
    section[last] = value
    return config


def test_the_order_of_the_stages():
    assert list(BEFORE) == [
        "data",
        "dense",
        *(f"experts.{name}" for name in DEFAULT.experts),
        *("utilities", "router", "calibrate"),
        *(f"singles.{name}" for name in DEFAULT.singles),
        *("dense_equal", "measure", "evaluate", "report"),
    ]


def test_an_equal_config_changes_nothing():
    assert changed(raw()) == set()


@pytest.mark.parametrize("path", ["work_dir", "store"])
def test_where_results_go_does_not_matter(path):
    assert changed(put(raw(), path, "elsewhere")) == set()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("seed", 7, from_on("data")),
        ("data.layout.size", 100, from_on("data")),
        ("data.draws.train", 9, from_on("data")),
        ("tasks.rain.degradation.opacity", [0.1, 0.2], from_on("data")),
        ("backbone.width", 20, from_on("dense")),
        ("dense.training.iterations", 77, from_on("dense")),
        ("views.overview_size", 50, from_on("dense")),
        ("experts.rain.expert.reduction", 1 / 32, from_on("experts", "rain")),
        ("experts.haze.training.learning_rate", 0.5, from_on("experts", "haze")),
        ("tasks.snow.loss.mask", 0.2, from_on("experts", "snow") | {"singles.snow", "dense_equal"}),
        ("singles.rain.training.iterations", 77, {"singles.rain", "measure", "evaluate", "report"}),
        ("dense_equal.expert.reduction", 1 / 32, {"dense_equal", "measure", "evaluate", "report"}),
        ("views.probes", 3, from_on("utilities")),
        ("views.probe_size", 50, from_on("utilities")),
        ("inference.tile", 256, from_on("utilities")),
        ("inference.precision", "bfloat16", from_on("utilities")),
        ("utilities.error", "l1", from_on("utilities")),
        ("utilities.normalize", not DEFAULT.utilities.normalize, from_on("router")),
        ("router.beta", 50.0, from_on("router")),
        ("router.alpha", 0.0, from_on("router")),
        ("router.router.hidden", 64, from_on("router")),
        ("calibrate.max_abstention", 0.5, from_on("calibrate")),
        ("calibrate.abstention", {"type": "selective"}, from_on("calibrate")),
        ("calibrate.abstention", {"type": "conformal", "level": 0.1, "bound": 6.0}, from_on("calibrate")),
        ("evaluate.metrics", [{"type": "psnr", "color": "y"}], {"measure"} | from_on("evaluate")),
        ("evaluate.top2", False, from_on("evaluate")),
        ("evaluate.pictures", False, from_on("evaluate")),
        ("evaluate.misrouted", 0.1, from_on("evaluate")),
        ("views.scope", "local", from_on("utilities")),
        ("router.targets", "best", from_on("router")),
        ("calibrate.threshold", 0.5, from_on("calibrate")),
        ("evaluate.bins", 10, {"report"}),
        ("objectives.agreement", 0.9, {"report"}),
        ("report.title", "Another", {"report"}),
        ("bench", {"runs": 5}, {"bench", "report"}),
        ("studies.ablations", "ablations.json", {"studies", "report"}),
        ("studies.other_data", ["on_mixed"], {"studies", "report"}),
        ("studies.repetition", "again", {"studies", "report"}),
    ],
)
def test_what_a_change_makes_run_again(path, value, expected):
    assert changed(put(raw(), path, value)) == expected


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (("layouts", "embedded"), from_on("data")),
        (("degradations", "snow"), from_on("data")),
        (("backbones", "global_unet"), from_on("dense")),
        (("experts", "adapter"), from_on("experts") | {"dense_equal"}),
        (
            ("experts", "full"),
            {name for name in BEFORE if "singles" in name} | {"measure", "evaluate", "report"},
        ),
        (("losses", "haze"), from_on("experts", "haze") | {"singles.haze", "dense_equal"}),
        (("routers", "mlp"), from_on("router")),
        (("calibrators", "temperature"), from_on("calibrate")),
        (("abstentions", "threshold"), from_on("calibrate")),
        (("metrics", "ssim"), {"measure"} | from_on("evaluate")),
        (("losses", "unused"), set()),
    ],
)
def test_what_changed_code_makes_run_again(component, expected):
    assert changed(raw(), component) == expected


@pytest.mark.parametrize(
    ("path", "value", "again"),
    [
        ("bench", {"runs": 6}, True),
        ("inference.overlap", 32, True),
        ("experts.rain.expert.reduction", 1 / 32, True),
        ("evaluate.metrics", [{"type": "psnr"}], False),
        ("singles.rain.training.iterations", 77, False),
    ],
)
def test_what_makes_the_cost_be_measured_again(path, value, again):
    before = put(raw(), "bench", {"runs": 5})
    after = put(copy.deepcopy(before), path, value)
    assert (fingerprints(after)["bench"] != fingerprints(before)["bench"]) == again


def test_another_result_of_a_study_makes_the_report_be_written_again(tmp_path):
    found = tmp_path / "ablations.json"
    named = put(raw(), "studies.ablations", str(found))
    found.write_text("1")
    before = fingerprints(named)
    found.write_text("2")
    assert {name for name, now in fingerprints(named).items() if now != before[name]} == {"studies", "report"}


def test_another_expert_of_the_same_weather_leaves_the_others_alone():
    config = raw()
    config["experts"]["drizzle"] = copy.deepcopy(config["experts"]["rain"])
    assert changed(config) == {"experts.drizzle"} | from_on("utilities")


def test_one_expert_fewer_leaves_the_others_alone():
    config = raw()
    del config["experts"]["snow"]
    assert changed(config) == from_on("utilities")


def test_another_weather_changes_the_data_and_with_them_everything():
    config = raw()
    config["tasks"]["dust"] = {"degradation": {"type": "haze", "beta": [1.0, 2.0]}, "loss": {"type": "haze"}}
    assert changed(config) == from_on("data")


def test_the_order_of_experts_is_the_order_of_the_routers_outputs():
    config = raw()
    config["experts"] = dict(reversed(config["experts"].items()))
    assert changed(config) == from_on("utilities")


def leaves(value: Any, path: str = "") -> list[str]:
    """Dotted paths of every value that is neither a mapping nor a list."""
    if isinstance(value, dict):
        return [
            leaf for key, item in value.items() for leaf in leaves(item, f"{path}.{key}" if path else key)
        ]
    return [] if isinstance(value, list | tuple) else [path]


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 if value else 0.5
    if value is None:
        return 0.5
    return OTHER_CHOICE.get(value, f"{value}_other")


def get(config: dict[str, Any], path: str) -> Any:
    for part in path.split("."):
        config = config[part]
    return config


@pytest.mark.parametrize("path", [leaf for leaf in leaves(raw()) if leaf not in WHERE_ONLY | WHOLE_SECTIONS])
def test_no_value_of_the_config_is_forgotten(path):
    assert changed(put(raw(), path, another(get(raw(), path))))


def test_the_code_of_a_function_that_is_asked_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    asked = put(raw(), "router.router", {"type": "external", "function": "orchestrator_of_chain:route"})
    module, digests = tmp_path / "orchestrator_of_chain.py", []
    for code in ("", "def route(image, g): return 'rain'", "def route(image, g): return 'snow'"):
        if code:  # a module that is not there is what the rehearsal is about
            module.write_text(code)
        source._source_of.cache_clear()
        importlib.invalidate_caches()
        digests.append(fingerprints(asked)["router"])
    assert len(set(digests)) == 3
