"""A process that loads fifty installed plugins, against one that finds none of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from moei_toolkit.bench.against.benchmark import Benchmark, Scale, Target
from moei_toolkit.bench.against.timing import Work

COUNT, PAGE = 50, 200
"""How many plugins there are, and lines of a README, which metadata hold too."""
LOAD = "from moei_toolkit.registration.plugins import load_plugins; load_plugins()"

_PLUGIN = '''"""What the package offers."""

from moei_toolkit.hookspecs import Register, hookimpl

moei_requires = ">=0"


@hookimpl
def moei_register(register: Register) -> None:
    """Offer an expert and a loss."""
    register("experts", "{name}", "{name}.expert:Expert")
    register("losses", "{name}", "{name}.loss:Loss")
'''


def prepare(scale: Scale) -> tuple[Work, Work]:
    """Return both, whole processes; the scale has no say in it."""
    keeper = tempfile.TemporaryDirectory()
    full, empty = Path(keeper.name, "full"), Path(keeper.name, "empty")
    empty.mkdir()
    for number in range(COUNT):
        install_plugin(full, f"made_up_{number}")

    def with_plugins() -> str:
        load_with(full)
        return keeper.name  # which lives as long as this is called

    return with_plugins, lambda: load_with(empty)


def install_plugin(site: Path, name: str) -> None:
    """Put a package with two components into a folder, with the metadata that pip leaves of one."""
    package, about = site / name, site / f"{name}-1.0.dist-info"
    package.mkdir(parents=True)
    about.mkdir()
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(_PLUGIN.format(name=name))
    page = "A line of the page that tells what the package does and how to use it.\n" * PAGE
    header = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nRequires-Dist: moei_toolkit\n"
    (about / "METADATA").write_text(f"{header}Description-Content-Type: text/markdown\n\n{page}")
    (about / "entry_points.txt").write_text(f"[moei_toolkit.plugins]\n{name} = {name}.plugin\n")
    (about / "top_level.txt").write_text(f"{name}\n")


def load_with(site: Path) -> None:
    """Load every plugin in a fresh process that finds those of a folder too."""
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    subprocess.run([sys.executable, "-c", LOAD], env=variables, check=True)


BENCHMARK = Benchmark(
    "plugins",
    f"a process that loads {COUNT} plugins",
    "one that finds none of them",
    Target("<=", 0.3, "difference"),
    prepare,
)
