"""Configs of installed packages are found by name, in commands and in bases; nothing is imported for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from moei_toolkit.config.packaged import find_config
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.errors import ConfigError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a config in a folder of its configs; importing it fails."""
    configs = tmp_path / "site" / "a_package_with_configs" / "configs"
    (configs / "large").mkdir(parents=True)
    (configs / "large" / "four.py").write_text("_base_ = '../three.py'\nwidth = 4\n")
    (configs / "three.py").write_text("width = 3\ndepth = 1\n")
    (configs.parent / "__init__.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    return configs


def test_a_path_stays_what_it_is():
    assert find_config("configs/smoke.py") == Path("configs/smoke.py")
    assert find_config(Path("/a/b.py")) == Path("/a/b.py")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.py")), ids=lambda path: path.stem)
def test_every_config_of_a_checkout_is_one_of_the_toolkit(path):
    name = path.relative_to(ROOT / "configs").as_posix()
    assert find_config(f"moei_toolkit::{name}").samefile(path)


def test_a_config_of_a_package_is_read_with_its_bases(package):
    assert read_python_file("a_package_with_configs::large/four.py") == {"width": 4, "depth": 1}
    assert "a_package_with_configs" not in sys.modules


def test_a_base_may_be_one_of_a_package(package, tmp_path):
    own = tmp_path / "own.py"
    own.write_text("_base_ = ['a_package_with_configs::large/four.py']\ndepth = 2\n")
    assert read_python_file(own) == {"width": 4, "depth": 2}


def test_what_python_runs_is_no_package(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    with pytest.raises(ConfigError, match="there is no package '__main__'"):
        find_config("__main__::a.py")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_package::a.py", "there is no package 'no_such_package'. Is it installed"),
        ("../configs::a.py", "there is no package '../configs'"),
        ("a_package_with_configs::large/for.py", "no config 'large/for.py'. Did you mean 'large/four.py'?"),
        ("a_package_with_configs::large", "no config 'large'"),
        ("json::a.py", "json has no config 'a.py'. It brings no configs."),
        ("sys::a.py", "sys has no config 'a.py'. It brings no configs."),
    ],
)
def test_what_is_not_there_is_said_with_the_place_that_asks_for_it(package, tmp_path, name, said):
    own = tmp_path / "own.py"
    own.write_text(f"\n_base_ = {name!r}\n")
    with pytest.raises(ConfigError) as caught:
        read_python_file(own)
    assert str(caught.value).startswith(f"{own}:2: {name}: ")
    assert said in str(caught.value)
