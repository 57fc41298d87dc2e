import copy
import pickle
import subprocess
import sys

import pytest
from config_example import minimal
from pydantic import ValidationError

from moei_toolkit.config.loader import validate_config
from moei_toolkit.config.problems import known_keys
from moei_toolkit.config.schema import Config
from moei_toolkit.errors import ConfigError


def problems(raw):
    with pytest.raises(ConfigError) as caught:
        validate_config(raw, "file.py")
    return str(caught.value)


def changed(path, value):
    """The example with one value set, or removed when it is ``...``."""
    raw = minimal()
    *parents, last = path.split(".")
    section = raw
    for parent in parents:
        section = section[parent]
    if value is ...:
        del section[last]
    else:
        section[last] = value
    return raw


def test_defaults_are_filled_in():
    config = validate_config(minimal(), "file.py")
    assert config.seed == 0
    assert str(config.store_root) == "out/stages"
    assert config.dense.training.betas == (0.9, 0.99)
    assert (config.views.overview_size, config.views.probe_size, config.views.probes) == (192, 192, 6)
    assert (config.inference.tile, config.inference.overlap, config.inference.window) == (512, 64, "hann")
    assert config.inference.precision == "float32"
    assert config.calibrate.max_abstention == 0.10
    assert config.calibrate.abstention.as_dict() == {"type": "threshold"}
    assert config.evaluate.bins == 15


def test_store_can_be_shared():
    assert str(validate_config(minimal(store="/shared/store"), "f").store_root) == "/shared/store"


def test_component_keeps_its_arguments():
    config = validate_config(changed("backbone", {"type": "net", "levels": [1, [2, {"a": 3}]]}), "f")
    assert config.backbone.type == "net"
    assert dict(config.backbone.arguments) == {"levels": (1, (2, {"a": 3}))}
    assert config.backbone.as_dict() == {"type": "net", "levels": (1, (2, {"a": 3}))}


def test_an_argument_may_be_called_arguments():
    raw = {"type": "net", "arguments": {"depth": 2}}
    component = validate_config(changed("backbone", raw), "f").backbone
    assert dict(component.arguments) == {"arguments": {"depth": 2}}
    assert (
        Config.model_validate(validate_config(changed("backbone", raw), "f").model_dump()).backbone
        == component
    )


def test_nothing_can_be_changed():
    config = validate_config(minimal(), "f")
    with pytest.raises(ValidationError):
        config.seed = 1
    with pytest.raises(ValidationError):
        config.backbone.type = "other"
    for mapping in (config.tasks, config.experts, config.dense.training.mix, config.backbone.arguments):
        with pytest.raises(TypeError):
            mapping["new"] = 1


def test_what_was_passed_in_is_not_kept():
    raw = minimal()
    config = validate_config(raw, "f")
    raw["backbone"]["width"] = 99
    raw["dense"]["training"]["mix"]["dust"] = 99.0
    assert config.backbone.arguments["width"] == 8
    assert config.dense.training.mix["dust"] == 1.0


def test_copies_pickles_and_dumps_are_equal():
    config = validate_config(minimal(), "f")
    assert copy.deepcopy(config) == config
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(pickle.loads(pickle.dumps(config))) == hash(config)
    assert Config.model_validate(config.model_dump()) == config
    assert Config.model_validate(config.model_dump(mode="json")) == config


def test_experts_keep_their_order():
    expert = minimal()["experts"]["any"]
    names = ["zebra", "any", "middle"]
    config = validate_config(minimal(experts=dict.fromkeys(names, expert)), "f")
    assert list(config.experts) == names
    assert list(config.model_dump()["experts"]) == names


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("rooter", {}, "rooter: unknown key. Did you mean 'router'?"),
        ("router.betta", 1.0, "router.betta: unknown key. Did you mean 'beta'?"),
        ("dense.training.iteration", 1, "dense.training.iteration: unknown key. Did you mean 'iterations'?"),
        ("experts.any.training.lr", 1, "experts.any.training.lr: unknown key."),
        ("experts.any.tsk", "dust", "experts.any.tsk: unknown key. Did you mean 'task'?"),
        ("tasks.dust.degredation", {}, "tasks.dust.degredation: unknown key. Did you mean 'degradation'?"),
        ("report.titel", "x", "report.titel: unknown key. Did you mean 'title'?"),
        ("work_dir", ..., "work_dir: missing"),
        ("experts.any.training.mix", ..., "experts.any.training.mix: missing"),
        ("seed", "zero", "seed: expected a valid integer, got 'zero'"),
        ("seed", True, "seed: expected a valid integer, got True"),
        ("dense.training.crop_size", 5000, "crop_size: expected less than or equal to 4096, got 5000"),
        ("dense.training.images_per_batch", 10**6, "images_per_batch: expected less than or equal to 4096"),
        ("views", {"probes": 0}, "views.probes: expected greater than or equal to 1, got 0"),
        ("seed", -1, "seed: expected greater than or equal to 0, got -1"),
        ("router.beta", 0, "router.beta: expected greater than 0, got 0"),
        ("router.beta", float("nan"), "router.beta: expected"),
        ("router.beta", float("inf"), "router.beta: expected a finite number, got inf"),
        ("router.beta", "20", "router.beta: expected a valid number, got '20'"),
        ("dense.training.crop_size", 16.0, "dense.training.crop_size: expected a valid integer, got 16.0"),
        (
            "dense.training.precision",
            "fp8",
            "dense.training.precision: expected 'float32', 'bfloat16' or 'float16', got 'fp8'",
        ),
        ("dense.training.betas", (0.9, 1.0), "dense.training.betas.1: expected less than 1, got 1.0"),
        ("dense.training.mix", {}, "dense.training.mix: expected it not to be empty"),
        ("dense.training.mix", {"dust": 0}, "dense.training.mix.dust: expected greater than 0, got 0"),
        (
            "dense.training.mix",
            {"dusd": 1},
            "dense.training.mix: expected keys of 'tasks' or 'clean', got 'dusd'. Did you mean 'dust'?",
        ),
        ("dense.training.warmup", 11, "dense.training: expected warmup <= iterations, got 11 > 10"),
        ("dense.loss", "tsk", "dense.loss: expected 'task', got 'tsk'"),
        ("dense.loss", {"weight": 1}, "dense.loss.type: missing"),
        ("backbone", "net", "backbone: expected a valid dictionary, got 'net'"),
        (
            "backbone",
            {"type": "net", "act": print},
            "backbone: argument 'act': expected plain data, got builtin",
        ),
        (
            "backbone",
            {"type": "net", "a": [{"b": float("nan")}]},
            "backbone: argument 'a.0.b': expected a finite",
        ),
        (
            "experts.any.task",
            "dusd",
            "experts.any.task: expected a key of 'tasks', got 'dusd'. Did you mean 'dust'?",
        ),
        ("experts.any.expert.type", "", "experts.any.expert.type: expected it not to be empty"),
        ("experts", {}, "experts: expected it not to be empty"),
        ("inference", {"tile": 64, "overlap": 64}, "inference: expected overlap < tile, got 64 >= 64"),
        (
            "inference",
            {"precision": "bf16"},
            "inference.precision: expected 'float32', 'bfloat16' or 'float16', got 'bf16'",
        ),
        (
            "data.draws",
            {"trian": 1},
            "data.draws.trian: expected 'train', 'route', 'calibrate', 'val' or 'test'",
        ),
        ("data.draws", {"train": 0}, "data.draws.train: expected greater than or equal to 1, got 0"),
        ("evaluate.metrics", [], "evaluate.metrics: expected it not to be empty"),
        ("evaluate.metrics", [{"type": "psnr"}, {}], "evaluate.metrics.1.type: missing"),
        (
            "calibrate.max_abstention",
            1.5,
            "calibrate.max_abstention: expected less than or equal to 1, got 1.5",
        ),
        ("utilities.error", "l2", "utilities.error: expected 'task' or 'l1', got 'l2'"),
        ("utilities.normalize", 1, "utilities.normalize: expected a valid boolean, got 1"),
    ],
)
def test_what_is_wrong_is_named(path, value, expected):
    text = problems(changed(path, value))
    assert text.startswith("file.py: 1 problem\n")
    assert expected in text


@pytest.mark.parametrize("name", ["dense", "clean", "two words", "1st", "a.b", "class", ""])
@pytest.mark.parametrize("section", ["tasks", "experts"])
def test_names_that_cannot_be(section, name):
    raw = minimal()
    raw[section] = {**raw[section], name: next(iter(raw[section].values()))}
    text = problems(raw)
    assert f"{section}.{name}" in text
    assert ("reserved" in text) == (name in ("dense", "clean"))


def test_every_problem_is_reported_at_once():
    raw = changed("router.beta", -1)
    raw["sed"] = 3
    del raw["report"]
    text = problems(raw)
    assert text.startswith("file.py: 3 problems\n")
    assert {line.strip().split(":")[0] for line in text.splitlines()[1:]} == {"router.beta", "sed", "report"}


def test_known_keys_below_mappings_and_components():
    assert "beta" in known_keys(Config, ["router"])
    assert "iterations" in known_keys(Config, ["experts", "anything", "training"])
    assert known_keys(Config, ["backbone"]) == ()
    assert known_keys(Config, ["nowhere", "deeper"]) == ()
    assert known_keys(Config, ["custom_imports"]) == ("imports", "allow_failed_imports")


def test_importing_the_schema_imports_nothing_heavy():
    code = (
        "import sys, moei_toolkit.config.schema as s; print(*{'torch', 'mmengine', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "name", ["dense_reference_psnr", "psnr_gain", "lpips_gain", "cohens_d", "rank_tau", "ece"]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.2"])
def test_what_an_objective_is_held_against_is_a_number(name, value):
    with pytest.raises(ConfigError, match=rf"objectives\.{name}: expected"):
        validate_config(minimal(objectives={name: value}), "here")
