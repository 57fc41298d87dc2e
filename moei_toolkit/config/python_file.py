"""Reads config files in mmengine's dialect: Python assignments, ``_base_``, and ``{{ }}`` templates.

mmengine's own reader keeps the arguments of a base's component when a child names another ``type``, never
returns from a cycle of bases, and loses the file's name in syntax errors; so the files are read here, and
mean the same otherwise. What it offers beyond that (JSON, YAML, ``read_base()``) is refused.
"""

from __future__ import annotations

import ast
import os
import re
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from moei_toolkit.config.merge import merge
from moei_toolkit.config.packaged import SEPARATOR, find_config
from moei_toolkit.errors import ConfigError, did_you_mean, located

BASE = "_base_"
LEVELS = 4
"""How many files deep ``_base_`` may reach."""

_ENVIRONMENT = re.compile(r"\{\{[\'\"]?\s*\$(\w+)\s*:\s*(\S*?)\s*[\'\"]?\}\}")
_BASE_VALUE = re.compile(r"\{\{\s*(_base_\.[\w.]+)\s*\}\}")


def read_python_file(path: Path | str) -> dict[str, Any]:
    """Return the values of a config file, merged with those of its bases.

    Names that begin with an underscore, functions, classes and modules are the file's own helpers and not
    part of the config.

    Args:
        path: A ``.py`` file, or ``package::file.py`` for one that comes with an installed package.

    Raises:
        ConfigError: The file or a base is missing, nested too deeply, or not valid; with file and line.
    """
    return _read(find_config(path), ())


def _read(path: Path, parents: tuple[Path, ...]) -> dict[str, Any]:
    if path.resolve() in parents:
        raise ConfigError(f"{path}: its _base_ leads back to itself.")
    if len(parents) > LEVELS:
        raise ConfigError(f"{path}: expected at most {LEVELS} levels of _base_ below {parents[0]}.")
    tree = _parse(_fill_templates(_read_text(path), path), path)
    base: dict[str, Any] = {}
    for line, name in _bases(tree, path):
        found = _find_base(path, name, line)
        values = _read(found, (*parents, path.resolve()))
        if twice := sorted(base.keys() & values.keys()):
            raise ConfigError(f"{path}:{line}: more than one _base_ sets {', '.join(map(repr, twice))}.")
        base.update(values)
    return merge(_execute(tree, path, base), base)


def _read_text(path: Path) -> str:
    if path.suffix != ".py":
        raise ConfigError(f"{path}: expected a Python config file (.py), got {path.suffix or 'no suffix'!r}.")
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        hint = did_you_mean(path.name, (other.name for other in path.parent.glob("*.py") if other != path))
        raise ConfigError(f"cannot read config file {path}: {error.strerror}. {hint}".rstrip()) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected UTF-8 text: {error}.") from error


def _fill_templates(text: str, path: Path) -> str:
    absolute = path.absolute()
    predefined = {
        "fileDirname": absolute.parent.as_posix(),
        "fileBasename": path.name,
        "fileBasenameNoExtension": path.stem,
        "fileExtname": path.suffix,
    }
    for name, value in predefined.items():
        text = re.sub(rf"\{{\{{\s*{name}\s*\}}\}}", value.replace("\\", "/"), text)
    text = _ENVIRONMENT.sub(lambda match: _environment_value(match, path), text)
    return _BASE_VALUE.sub(r"\1", text)


def _environment_value(match: re.Match[str], path: Path) -> str:
    name, default = match.groups()
    value = os.environ.get(name, default)
    if not value:
        raise ConfigError(f"{path}: set the environment variable {name}, or give it a default: {match[0]}.")
    return value


def _parse(text: str, path: Path) -> ast.Module:
    try:
        tree = ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigError(f"{path}:{line}: {getattr(error, 'msg', error)}.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "read_base":
            raise ConfigError(f"{path}:{node.lineno}: expected _base_ = ['file.py'], got read_base().")
    return tree


def _bases(tree: ast.Module, path: Path) -> list[tuple[int, str]]:
    bases: list[tuple[int, str]] = []
    for node in tree.body:
        if _is_base(node):
            bases += [(node.lineno, name) for name in _base_names(node, path)]
    return bases


def _is_base(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == BASE for target in node.targets
    )


def _base_names(node: ast.stmt, path: Path) -> list[str]:
    try:
        value = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    except ValueError:
        value = None
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{path}:{node.lineno}: expected _base_ to be a file name or a list of them.")
    return list(names)


def _find_base(path: Path, name: str, line: int) -> Path:
    if SEPARATOR in name:
        with located(f"{path}:{line}"):
            return find_config(name)
    found = path.parent / name
    if not found.is_file():
        raise ConfigError(f"{path}:{line}: the _base_ '{name}' does not exist (looked for {found}).")
    return found


def _execute(tree: ast.Module, path: Path, base: dict[str, Any]) -> dict[str, Any]:
    from mmengine.config import ConfigDict

    tree.body = [node for node in tree.body if not _is_base(node)]
    space: dict[str, Any] = {BASE: ConfigDict(merge(base, {})), "__file__": str(path), "__name__": path.stem}
    try:
        exec(compile(tree, str(path), "exec"), space)
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{path}:{_line(error, path)}: {type(error).__name__}: {error}.") from error
    return {name: value for name, value in space.items() if not _is_helper(name, value)}


def _line(error: BaseException, path: Path) -> int:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return frames[-1].lineno or 1 if frames else 1


def _is_helper(name: str, value: Any) -> bool:
    return name.startswith("_") or callable(value) or isinstance(value, ModuleType)
