"""Lower layers never import higher ones, one layer never imports sideways, and light modules stay light."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "moei_toolkit"

LAYERS = (  # low to high; the names in one set are neighbours and do not import each other
    {"types", "errors", "frames", "report_section"},
    {"io"},
    {"config", "cluster"},
    {"registry"},
    {"data", "backbones", "experts", "routers", "calibrators", "losses"},
    {"evaluation", "inference"},
    {"engine", "bench", "report", "testing", "new_plugin"},
    {"pipeline"},
    {"tuning", "artifact"},
    {"cli"},
    {"commands"},
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
REGISTRY = {"registration", "registry", "hookspecs"}
"""One layer: the room, and its two doors."""
MAY_BUILD = {"inference", "pipeline", "testing", "tuning", "cli", "commands"}
ROOMS = ("running", "chain", "images", "training", "measuring", "judging", "reporting", "stages")
"""Of the pipeline, each importing only those before it; what is in none of them may import all."""
CONTRACTS = {
    "moei_toolkit.data.layouts.base",
    "moei_toolkit.evaluation.metrics.metric",
}  # and every module named base

LIGHT = (
    "types",
    "errors",
    "config.schema",
    "hookspecs",
    "registration.plugins",
    "registration.builtin",
    "registration.arguments",
    "registration.construction",
    "cli",
    "inference.loading.opening",
    "inference.runtimes.names",
)
HEAVY = ("torch", "cv2", "mmengine", "skimage", "lpips", "albumentations", "matplotlib", "ray")
TOOLS = sorted((ROOT / "tools").glob("*.py"))


def part_of(module: str) -> str:
    """The part of the package a module belongs to; the package itself is the empty part."""
    name = [*module.split("."), ""][1]
    return "registry" if name in REGISTRY else name


def imports_of(module: str, source: str, is_package: bool = False) -> Iterator[str]:
    """Every module of the package that a source imports, wherever in the file."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            # Only directly below the package does the imported name decide which part it is.
            names = [f"{base}.{alias.name}" if base == PACKAGE else base for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == PACKAGE)


def violation(module: str, imported: str) -> str:
    """Why an import is not allowed; empty if it is."""
    importer, part = part_of(module), part_of(imported)
    if importer == part or part in ("", "__version__"):
        return ""
    if LEVEL[part] > LEVEL[importer]:
        return f"{module} imports {imported}, which lies higher"
    is_contract = imported.endswith(".base") or imported in CONTRACTS
    if LEVEL[part] == LEVEL[importer] and not is_contract:
        return f"{module} imports {imported}, its neighbour"
    if part == "registry" and importer not in MAY_BUILD:
        return f"{module} imports {imported}, but only {sorted(MAY_BUILD)} build components"
    return ""


def sources() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def test_every_part_has_a_layer():
    parts = {part_of(module) for module, _ in sources()} - {""}
    assert parts <= set(LEVEL), f"give these a layer: {sorted(parts - set(LEVEL))}"


def test_imports_follow_the_layers():
    found = [
        violation(module, imported)
        for module, path in sources()
        if part_of(module)
        for imported in imports_of(module, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    ]
    assert sorted(filter(None, set(found))) == []


def room_of(module: str) -> int:
    """The place of a module of the pipeline among its rooms; behind them if it is in none."""
    name = module.removeprefix(f"{PACKAGE}.pipeline").strip(".").partition(".")[0]
    return ROOMS.index(name) if name in ROOMS else len(ROOMS)


def test_rooms_of_the_pipeline_follow_each_other():
    found = {
        (module, imported)
        for module, path in sources()
        if part_of(module) == "pipeline"
        for imported in imports_of(module, path.read_text(encoding="utf-8"), path.name == "__init__.py")
        if part_of(imported) == "pipeline"
    }
    rooms = {name for module, _ in found for name in ROOMS if room_of(module) == ROOMS.index(name)}
    assert rooms == set(ROOMS) - {"images"}  # which imports none of the pipeline
    assert sorted(pair for pair in found if room_of(pair[0]) < room_of(pair[1])) == []


@pytest.mark.parametrize(
    ("module", "source", "reason"),
    [
        ("moei_toolkit.io.a", "def f():\n    import moei_toolkit.pipeline.running.run", "higher"),
        ("moei_toolkit.io.a", "from ..pipeline import run", "higher"),
        ("moei_toolkit.io.a", "from moei_toolkit import cli", "higher"),
        ("moei_toolkit.types", "from moei_toolkit.errors import MoeiError", "neighbour"),
        ("moei_toolkit.losses.a", "from moei_toolkit.data.records import Record", "neighbour"),
        ("moei_toolkit.experts.a", "from moei_toolkit.registry import EXPERTS", "build"),
        ("moei_toolkit.experts.a", "from moei_toolkit.backbones.base import Backbone", ""),
        ("moei_toolkit.experts.a", "from .base import Expert", ""),
        ("moei_toolkit.pipeline.a", "from moei_toolkit.registry import EXPERTS", ""),
        ("moei_toolkit.registration.plugins", "from moei_toolkit import __version__, hookspecs", ""),
        ("moei_toolkit.pipeline.a", "import torch, moei_toolkit.io.atomic", ""),
    ],
)
def test_the_rules_themselves(module, source, reason):
    (why,) = {violation(module, imported) for imported in imports_of(module, source)}
    assert why == "" if reason == "" else reason in why


PROBE = f"""
import atexit, sys

@atexit.register
def report():
    print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)

"""


def heavy_after(code: str, *argv: str) -> list[str]:
    """Run code in a fresh interpreter and return the heavy modules it leaves imported."""
    done = subprocess.run([sys.executable, "-c", PROBE + code, *argv], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr.split()


def test_the_probe_sees_heavy_modules():
    assert heavy_after("import sys; sys.modules['torch'] = None") == ["torch"]


@pytest.mark.parametrize("name", LIGHT)
def test_light_modules_import_nothing_heavy(name):
    assert heavy_after(f"import {PACKAGE}.{name}") == []


RUN_TOOL = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: path.name)
def test_help_imports_nothing_heavy(tool):
    assert heavy_after(RUN_TOOL, str(tool), "--help") == []


def test_listing_plugins_imports_nothing_heavy():
    assert heavy_after(RUN_TOOL, str(ROOT / "tools" / "plugins.py")) == []
