import sys

import pytest
from config_example import minimal
from mmengine.config import Config as MMConfig

from moei_toolkit.config.loader import dump_config, load_config, validate_config
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.config.render import render
from moei_toolkit.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def error_of(path, options=None):
    with pytest.raises(ConfigError) as caught:
        load_config(path, options)
    return str(caught.value)


def test_a_complete_file(write):
    config = load_config(write("a.py", render(minimal())))
    assert config == validate_config(minimal(), "f")


def test_dump_loads_to_an_equal_config_and_is_stable(write):
    config = load_config(write("a.py", render(minimal(custom_imports={"imports": ["json"]}))))
    text = dump_config(config)
    again = load_config(write("b.py", text))
    assert again == config
    assert list(again.model_dump()) == list(config.model_dump())
    assert dump_config(again) == text


def test_dump_is_a_file_mmengine_reads_too(write):
    config = validate_config(minimal(), "f")
    path = write("a.py", dump_config(config))
    assert MMConfig.fromfile(path).to_dict() == config.model_dump()


@pytest.mark.parametrize(
    "value",
    [
        1e-4,
        -0.0,
        True,
        None,
        'it\'s "quoted"\n',
        [],
        {},
        (),
        (1,),
        [1, (2, [3])],
        {"not an identifier": {"class": 1}},
        {"key": ["word " * 10] * 5, "other": {"deep": tuple(range(60))}},
        list(range(100)),
    ],
)
def test_rendered_values_evaluate_to_themselves(value):
    text = render({"name": value})
    space = {}
    exec(text, space)
    assert repr(space["name"]) == repr(value)
    assert all(len(line) <= 110 for line in text.splitlines())


MERGING = {
    "base0.py": "a = 1\nb = dict(x=1, y=dict(z=2, w=[1, 2]))\nc = [dict(type='p'), 2]\ngone = dict(k=1)\n",
    "base1.py": "_base_ = ['base0.py']\nb = dict(x=5)\nother = dict(type='net', width=3)\n",
    "child.py": (
        "_base_ = './base1.py'\n"
        "import math\n"
        "def helper(x):\n    return x + 1\n"
        "half = math.sqrt(0.25)\n"
        "b = dict(y=dict(z=helper(2)), new=(1, 2))\n"
        "gone = dict(_delete_=True, fresh=0)\n"
        "same = _base_.other.width * 2\n"
        "copied = {{_base_.b.y.w}}\n"
        "other = dict(type='net', depth=1)\n"
        "name = '{{ fileBasenameNoExtension }}|{{fileBasename}}|{{fileExtname}}'\n"
        "env = '{{$SOME_FOLDER:/data}}/x'\n"
        "number = {{'$SOME_NUMBER:80'}}\n"
    ),
}


@pytest.mark.parametrize("environment", [{}, {"SOME_FOLDER": "/else", "SOME_NUMBER": "3"}])
def test_files_mean_what_they_mean_to_mmengine(write, monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    paths = [write(name, text) for name, text in MERGING.items()]
    assert read_python_file(paths[-1]) == MMConfig.fromfile(paths[-1]).to_dict()


def test_shipped_configs_mean_what_they_mean_to_mmengine(pytestconfig):
    for path in sorted((pytestconfig.rootpath / "configs").glob("*.py")):
        ours = read_python_file(path)
        theirs = {key: value for key, value in MMConfig.fromfile(path).to_dict().items() if key[0] != "_"}
        assert ours == theirs


def test_shipped_configs_load_and_round_trip(pytestconfig, write):
    for path in sorted((pytestconfig.rootpath / "configs").glob("*.py")):
        config = load_config(path)
        assert load_config(write("again.py", dump_config(config))) == config


def test_another_type_drops_the_old_arguments(write):
    base = minimal(backbone={"type": "net", "width": 8, "depth": 2})
    write("base.py", render(base))
    child = write("child.py", "_base_ = 'base.py'\nbackbone = dict(type='other', depth=3)\n")
    assert load_config(child).backbone.as_dict() == {"type": "other", "depth": 3}
    kept = write("kept.py", "_base_ = 'base.py'\nbackbone = dict(type='net', depth=3)\n")
    assert load_config(kept).backbone.as_dict() == {"type": "net", "width": 8, "depth": 3}
    nested = write(
        "nested.py", "_base_ = 'base.py'\nexperts = dict(any=dict(expert=dict(type='lora', rank=4)))\n"
    )
    assert load_config(nested).experts["any"].expert.as_dict() == {"type": "lora", "rank": 4}


def test_a_word_may_take_the_place_of_a_component_and_back(write):
    write("base.py", render(minimal()))
    child = write("child.py", "_base_ = 'base.py'\ndense = dict(loss=dict(type='l1', weight=2))\n")
    assert load_config(child).dense.loss.as_dict() == {"type": "l1", "weight": 2}
    back = write("back.py", "_base_ = 'child.py'\ndense = dict(loss='task')\n")
    assert load_config(back).dense.loss == "task"


def test_private_names_are_helpers(write):
    text = render(minimal()) + "_width = 9\nfrom pathlib import Path\nbackbone['width'] = _width\n"
    assert load_config(write("a.py", text)).backbone.arguments["width"] == 9


def test_four_levels_of_base_but_not_five(write):
    write("c0.py", render(minimal()))
    for level in range(1, 6):
        write(f"c{level}.py", f"_base_ = 'c{level - 1}.py'\nseed = {level}\n")
    assert load_config(write("x.py", "_base_ = 'c3.py'\n")).seed == 3
    assert "at most 4 levels of _base_" in error_of(write("y.py", "_base_ = 'c4.py'\n"))


def test_a_cycle_of_bases_ends(write):
    write("a.py", "_base_ = 'b.py'\n")
    write("b.py", "_base_ = 'a.py'\n")
    assert "leads back to itself" in error_of(write("a.py", "_base_ = 'b.py'\n"))


def test_two_bases_may_not_set_the_same(write):
    write("a.py", "seed = 1\n")
    write("b.py", "seed = 2\n")
    assert "c.py:1: more than one _base_ sets 'seed'" in error_of(
        write("c.py", "_base_ = ['a.py', 'b.py']\n")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed = 1\nx = (\n", "bad.py:2: '(' was never closed"),
        ("seed = 1\n\nseed = unknown + 1\n", "bad.py:3: NameError: name 'unknown' is not defined"),
        ("import nothing_of_this_name\n", "bad.py:1: ModuleNotFoundError"),
        ("def f():\n    return 1 / 0\n\nseed = f()\n", "bad.py:2: ZeroDivisionError"),
        ("seed = 1\n_base_ = 'none.py'\n", "bad.py:2: the _base_ 'none.py' does not exist"),
        ("_base_ = 3\n", "bad.py:1: expected _base_ to be a file name or a list of them"),
        ("_base_ = name()\n", "bad.py:1: expected _base_ to be a file name or a list of them"),
        (
            "from mmengine.config import read_base\nwith read_base():\n    pass\n",
            "bad.py:2: expected _base_ =",
        ),
        ("a = '{{$NO_SUCH_VARIABLE:}}'\n", "set the environment variable NO_SUCH_VARIABLE"),
        ("a = _base_.b.c\n", "bad.py:1: AttributeError"),
    ],
)
def test_broken_files_are_named_with_the_line(write, text, expected):
    assert expected in error_of(write("bad.py", text))


def test_an_error_in_a_base_names_the_base(write):
    write("base.py", "\nseed = 1 +\n")
    assert "base.py:2: invalid syntax" in error_of(write("child.py", "_base_ = 'base.py'\n"))


def test_files_that_are_none(tmp_path, write):
    assert "cannot read config file" in error_of(tmp_path / "missing.py")
    write("missed.py", "")
    assert error_of(tmp_path / "missing.py").endswith("Did you mean 'missed.py'?")
    assert "expected a Python config file (.py), got '.yaml'" in error_of(write("a.yaml", "seed: 1\n"))
    (tmp_path / "folder.py").mkdir()
    assert "cannot read config file" in error_of(tmp_path / "folder.py")
    (tmp_path / "latin.py").write_bytes(b"a = '\xff'\n")
    assert "expected UTF-8 text" in error_of(tmp_path / "latin.py")
    (tmp_path / "null.py").write_bytes(b"a = 1\0\n")
    assert "null.py:1:" in error_of(tmp_path / "null.py")


def test_custom_imports(write, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    write("imported_by_config.py", "value = 7\n")
    write("raises_at_import.py", "raise RuntimeError('broken on purpose')\n")
    write("leaves_at_import.py", "raise SystemExit(0)\n")
    load_config(write("a.py", render(minimal(custom_imports={"imports": ["imported_by_config"]}))))
    assert sys.modules.pop("imported_by_config").value == 7
    reasons = {
        "no_such_module": "No module named",
        "raises_at_import": "broken on purpose",
        "leaves_at_import": "SystemExit(0)",
    }
    for name, reason in reasons.items():
        text = error_of(write("b.py", render(minimal(custom_imports={"imports": [name]}))))
        assert f"cannot import '{name}'" in text
        assert reason in text
    allowed = minimal(custom_imports={"imports": ["no_such_module"], "allow_failed_imports": True})
    with pytest.warns(UserWarning, match="no_such_module"):
        load_config(write("c.py", render(allowed)))
