from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributions import STRICT, install, write_package
from plugin_site import Site

from moei_toolkit import __version__
from moei_toolkit.new_plugin.skeleton import SINGULAR, compatible


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv(STRICT, raising=False)  # what is made up here may be broken
    yield Site(tmp_path)
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


MISSING = "import a_library_that_is_not_there\n"
BROKEN = {
    "moei_bad_import": ("plugin.py", "hookimpl\n\n", "hookimpl, gone\n\n"),
    "moei_bad_dependency": ("plugin.py", "from moei", f"{MISSING}from moei"),
    "moei_bad_spelling": ("plugin.py", "def moei_register", "def moei_regster"),
    "moei_bad_version": ("plugin.py", compatible(__version__), ">=99"),
    "moei_bad_hook": (
        "plugin.py",
        "    register(",
        '    register("losses", "half", "a:B")\n    1 / 0\n    (',
    ),
    "moei_rival": ("plugin.py", '"rival"', '"new_expert"'),
    "moei_bad_base": ("expert.py", "(Expert)", "(nn.Module)"),
    "moei_bad_component": ("expert.py", "import torch\n", f"{MISSING}import torch\n"),
}
"""Packages that add an expert, and what is wrong with them: a file, and what stands there instead of what."""


@dataclass(frozen=True)
class Installed:
    """Packages that pip has installed.

    Attributes:
        site: Where they are.
        sources: Where the sound ones were written.
    """

    site: Path
    sources: Path


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """One sound package of every kind, installed where broken ones had been installed before."""
    made = Installed(tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("sources"))
    broken = [
        write_package(tmp_path_factory.mktemp("broken"), name, "experts", {f"{name}/{file}": (old, new)})
        for name, (file, old, new) in BROKEN.items()
    ]
    install(made.site, *broken)
    sound = [write_package(made.sources, f"moei_new_{one}", kind) for kind, one in SINGULAR.items()]
    install(made.site, *sound)
    return made
