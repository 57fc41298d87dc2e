"""Loads config files into the schema, and writes them out again."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from moei_toolkit.config.component import Component
from moei_toolkit.config.kinds import Section
from moei_toolkit.config.model import Architecture, Model
from moei_toolkit.config.options import apply_options
from moei_toolkit.config.preparation import Preparation
from moei_toolkit.config.problems import config_error
from moei_toolkit.config.python_file import read_python_file
from moei_toolkit.config.render import render
from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.imports import CustomImports
from moei_toolkit.errors import ConfigError

USUAL = "moei_toolkit::_base_/preparation.py"
"""What a preparation draws where its own config does not say."""
AnySection = TypeVar("AnySection", bound=Section)


def load_config(path: Path | str, options: Mapping[str, Any] | None = None) -> Config:
    """Load a config file, apply options to it, and import the modules it asks for.

    Args:
        path: An mmengine config file (``.py``), or ``package::file.py`` for one that comes with an installed
            package.
        options: Dotted path -> value, for instance ``{"router.beta": 50}``.

    Returns:
        The complete config.

    Raises:
        ConfigError: The file, an option, or the config they give is not valid.
    """
    raw = apply_options(read_python_file(path), options or {})
    config = validate_config(raw, f"{path} with {', '.join(options)}" if options else str(path))
    import_custom(config, str(path))
    return config


def load_preparation(path: Path | str | None, options: Mapping[str, Any]) -> Preparation:
    """Load what is to be prepared from a config file, if there is one, and options.

    What the file says takes the place of what is usual; options change what is there then.

    Args:
        path: A config file; None when the options say everything.
        options: Dotted path -> value, for instance ``{"layout.root": "data/uhd_rain"}``.

    Returns:
        The complete config of the preparation.

    Raises:
        ConfigError: The file, an option, or the config they give is not valid.
    """
    usual = Preparation(layout=Component(type="none"), **read_python_file(USUAL))
    defaults = usual.model_dump(exclude={"layout"})
    raw = apply_options({**defaults, **(read_python_file(path) if path else {})}, options)
    where = str(path or "the command line")
    preparation = _validate(Preparation, raw, where)
    import_custom(preparation, where)
    return preparation


def import_custom(config: Config | Preparation | Architecture, where: str) -> None:
    """Import the modules a config asks for, so that what they register can be built.

    Args:
        config: The config.
        where: What it came from, for the error.

    Raises:
        ConfigError: A module cannot be imported, and the config does not allow that.
    """
    custom = config.custom_imports or CustomImports(imports=())
    for name in custom.imports:
        # A stranger's module may fail in any way.
        try:
            import_module(name)
        except (Exception, SystemExit) as error:
            message = f"{where}: custom_imports: cannot import '{name}': {error!r}. Is it on PYTHONPATH?"
            if not custom.allow_failed_imports:
                raise ConfigError(message) from error
            warnings.warn(message, stacklevel=2)


def validate_config(raw: Mapping[str, Any], where: str) -> Config:
    """Check plain data against the schema.

    Args:
        raw: The config as nested dictionaries.
        where: What it came from, for the error.

    Raises:
        ConfigError: The data does not fit; with one line per problem.
    """
    return _validate(Config, raw, where)


def validate_model(raw: Mapping[str, Any], where: str) -> Model:
    """Check what a trained model says about itself; see `validate_config`."""
    return _validate(Model, raw, where)


def dump_config(config: Config | Preparation) -> str:
    """Return the text of a config file, without bases, that loads to an equal config."""
    return render(config.model_dump())


def _validate(section: type[AnySection], raw: Mapping[str, Any], where: str) -> AnySection:
    try:
        return section.model_validate(dict(raw))
    except ValidationError as error:
        raise config_error(error, section, where) from error
