"""Config files that come with an installed package, named ``package::file`` as mmengine does."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from moei_toolkit.errors import ConfigError, did_you_mean

SEPARATOR = "::"
FOLDER = "configs"


def find_config(name: Path | str) -> Path:
    """Return the path of a config file.

    Args:
        name: The path itself; or ``package::file``, which is ``file`` in the folder ``configs`` of an
            installed package, for instance ``moei_toolkit::smoke.py``. The package is not imported.

    Raises:
        ConfigError: There is no such package, or no such file in it.
    """
    package, separator, file = str(name).partition(SEPARATOR)
    if not separator:
        return Path(name)
    spec = _spec_of(package) if package.isidentifier() else None
    if spec is None:
        raise ConfigError(f"{name}: there is no package {package!r}. Is it installed for this Python?")
    folders = _folders(spec)
    for folder in folders:
        if (folder / file).is_file():
            return folder / file
    known = [path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*.py")]
    hint = did_you_mean(file, known) or "It brings no configs."
    raise ConfigError(f"{name}: {package} has no config {file!r}. {hint}")


def _spec_of(package: str) -> ModuleSpec | None:
    try:
        return find_spec(package)
    except ValueError:  # a module that is no file, such as __main__
        return None


def _folders(spec: ModuleSpec) -> list[Path]:
    """Return where the configs of a package are: in it, or beside it in a checkout of this toolkit."""
    inside = [Path(folder) for folder in spec.submodule_search_locations or ()]
    own = __package__.partition(".")[0]
    beside = [folder.parent for folder in inside if spec.name == own]
    return [folder / FOLDER for folder in (*inside, *beside)]
