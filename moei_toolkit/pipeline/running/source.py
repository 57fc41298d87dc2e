"""Identifies code by its source, without importing it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from moei_toolkit.errors import RegistryError
from moei_toolkit.io.hashing import sha256_bytes, sha256_file

TOOLKIT = "moei_toolkit"
FINDERS = (
    "config",
    "errors",
    "frames",
    "hookspecs",
    "io.disk",
    "io.reporter",
    "pipeline.running.components",
    "pipeline.running.source",
    "pipeline.running.stage",
    "registration",
    "registry",
)
"""What finds, checks and reports, but computes no result: a new built-in must not make old results stale."""
_INSTALLED = ("site-packages", "dist-packages")


def source_digest(module: str) -> str:
    """Return a hash of a module and of all it imports from its own package and from the toolkit.

    A module without a package, as ``custom_imports`` may name, comes with all it imports from its folder.
    Imports are followed wherever they stand in a file. What a module finds at run time (registered
    components, plugins) is not its source; those are identified on their own.

    Args:
        module: Dotted name; it is located, never imported, and neither are the packages it lies in.

    Raises:
        RegistryError: The module is no source file.
    """
    digests: dict[str, str] = {}
    waiting = [] if _only_finds(module) else [module]
    while waiting:
        name = waiting.pop()
        if name in digests:
            continue
        path = _source_of(name)
        if path is None:
            raise RegistryError(f"expected the module '{name}' to be a source file, found none")
        state = path.stat()
        digests[name], followed = _read(name, path, state.st_mtime_ns, state.st_size)
        waiting += followed
    return sha256_bytes(json.dumps(digests, sort_keys=True).encode())


@cache
def _read(module: str, path: Path, _modified: int, _size: int) -> tuple[str, tuple[str, ...]]:
    """Return the hash of a source, and the modules that count with it; read once until it is edited."""
    followed = {*_imported(module, path), *_packages_around(module)}
    return sha256_file(path), tuple(sorted(name for name in followed if not _only_finds(name)))


def _only_finds(module: str) -> bool:
    inside = module.removeprefix(f"{TOOLKIT}.")
    return inside != module and any(inside == part or inside.startswith(f"{part}.") for part in FINDERS)


def _packages_around(module: str) -> list[str]:
    """Return the packages whose ``__init__`` runs before a module does."""
    parts = module.split(".")
    around = (".".join(parts[:count]) for count in range(1, len(parts)))
    return [package for package in around if _source_of(package)]


def _imported(module: str, path: Path) -> tuple[str, ...]:
    """Return the modules of the toolkit, and of the module's own package, that a source imports.

    A module without a package has what lies beside it instead.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    own = {TOOLKIT, module.partition(".")[0]}
    # Beside an installed module lies all that is installed, which versions stand for.
    beside = None if package or path.parent.name in _INSTALLED else path.parent
    found = {name for node in ast.walk(_parse(path)) for name in _names(node, package)}
    followed = (name for name in found if name.partition(".")[0] in own or _lies_in(beside, name))
    return tuple(sorted(name for name in followed if _source_of(name)))


def _lies_in(folder: Path | None, module: str) -> bool:
    """Tell whether a module, or the package around it, is a source file in a folder."""
    path = _source_of(module) if folder else None
    if path is None or path.suffix != ".py":
        return False
    return path.parents[module.count(".") + (path.name == "__init__.py")] == folder


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise RegistryError(f"{path}: expected Python source: {error}") from error


def _names(node: ast.AST, package: str) -> Iterator[str]:
    """Yield what an import statement may import; names that are no modules are dropped later."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def _source_of(module: str) -> Path | None:
    """Return the file of a module; only its top-level package is looked up, and nothing is run."""
    top, _, rest = module.partition(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest:
        origin = Path(spec.origin or "")
        return origin if origin.is_file() else None
    folders = [Path(folder).joinpath(*rest.split(".")) for folder in spec.submodule_search_locations or ()]
    candidates = (path for folder in folders for path in (folder.with_suffix(".py"), folder / "__init__.py"))
    return next((path for path in candidates if path.is_file()), None)
