"""What a new plugin consists of: the templates beside it, filled in with its names."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib import resources
from string import Template

from moei_toolkit import __version__
from moei_toolkit.errors import PluginError

SINGULAR = {
    "backbones": "backbone",
    "experts": "expert",
    "routers": "router",
    "losses": "loss",
    "calibrators": "calibrator",
    "abstentions": "abstention",
    "degradations": "degradation",
    "layouts": "layout",
    "metrics": "metric",
}
"""By kind, what one of them is called: its module is, and its check is ``check_`` and that."""

PREFIX = "moei_"
"""What names of packages usually begin with, and names of components do not."""

_PASSED_OVER = re.compile(
    "benchmarks?|bin|build|changelog|ci|debian|dist|docs?|documentation|env|examples?|exercises?|fabfile|htmlcov|"
    "manpages|news|newsfragments|python|requirements|scripts|site_scons|tasks|tests?|tools|unit_tests?|utils?|venv"
)
"""Folders that setuptools never takes for a package: what is built of one is empty."""

_PACKAGE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TAKEN = re.compile(r"^(?:from .+ )?(?:import|class) (\w+(?:, \w+)*)", re.MULTILINE)


@dataclass(frozen=True)
class Skeleton:
    """A package that adds one component.

    Attributes:
        package: Name of the distribution, and of the package in it.
        kind: One of the keys of ``SINGULAR``.

    Raises:
        PluginError: If the name does not make a package, a component and a class.
    """

    package: str
    kind: str

    def __post_init__(self) -> None:
        if not all(map(_PACKAGE.fullmatch, (self.package, self.component))):
            raise PluginError(
                f"expected a name such as {PREFIX}scale: lower case letters, digits and single underscores, "
                f"a letter first; got {self.package!r}"
            )
        if _PASSED_OVER.fullmatch(self.package):
            raise PluginError(
                f"setuptools takes a folder {self.package!r} for no package; choose another name, such as "
                f"{PREFIX}{self.package}"
            )
        if any(map(keyword.iskeyword, (self.package, self.component, self.class_name))):
            raise PluginError(f"{self.package!r} is, or leads to, a keyword of Python; choose another name")
        taken = _TAKEN.findall(_template(f"{self.kind}/component.py"))
        if self.class_name in ", ".join(taken).split(", "):
            raise PluginError(
                f"{self.package!r} leads to a class {self.class_name}, which its module has already; choose "
                "another name"
            )

    @property
    def component(self) -> str:
        """What a config calls the component."""
        return self.package.removeprefix(PREFIX)

    @property
    def class_name(self) -> str:
        """What its class is called."""
        return "".join(part.capitalize() for part in self.component.split("_"))

    def files(self) -> dict[str, str]:
        """Return the text of every file, by its path in the folder of the package."""
        return {
            "pyproject.toml": self._fill("pyproject.toml"),
            "README.md": self._fill("README.md", usage=self._fill(f"{self.kind}/usage.md")),
            f"{self.package}/__init__.py": self._fill("__init__.py"),
            f"{self.package}/py.typed": "",
            f"{self.package}/plugin.py": self._fill("plugin.py"),
            f"{self.package}/{SINGULAR[self.kind]}.py": self._fill(f"{self.kind}/component.py"),
            "tests/test_contract.py": self._fill(f"{self.kind}/test_contract.py"),
        }

    def _fill(self, template: str, **more: str) -> str:
        return Template(_template(template)).substitute(
            more,
            package=self.package,
            component=self.component,
            class_name=self.class_name,
            kind=self.kind,
            module=SINGULAR[self.kind],
            requires=compatible(__version__),
        )


def compatible(version: str) -> str:
    """Return the versions that a plugin made for one of them works with: ``>=0.1,<0.2``, ``>=1.3,<2``."""
    major, minor = map(int, version.split(".")[:2])
    return f">={major}.{minor},<{major + 1}" if major else f">=0.{minor},<0.{minor + 1}"


def _template(name: str) -> str:
    templates = resources.files("moei_toolkit.new_plugin") / "templates"
    return (templates / f"{name}.txt").read_text(encoding="utf-8")
