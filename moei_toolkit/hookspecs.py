"""What a plugin can be asked: one function named ``moei_*`` per hook.

A plugin is a module with implementations, named by an entry point of the group ``moei_toolkit.plugins``::

    from moei_toolkit.hookspecs import hookimpl

    moei_requires = ">=0.1,<0.2"  # optional: the toolkit versions it works with

    @hookimpl
    def moei_register(register):
        register("experts", "lora", "moei_lora.expert:LoRA")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from moei_toolkit.report_section import ReportSection

if TYPE_CHECKING:
    from torch import nn

    from moei_toolkit.config.search_space import SearchSpace

PROJECT = "moei_toolkit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Register(Protocol):
    """What ``moei_register`` receives to offer components with."""

    def __call__(self, kind: str, name: str, target: str | type) -> None:
        """Offer one component.

        Args:
            kind: One of ``moei_toolkit.registration.plugin_table.KINDS``, for instance ``"experts"``.
            name: What a configuration calls it: letters, digits and underscores.
            target: ``"package.module:Class"``, imported on first use, or the class itself.

        Raises:
            PluginError: If one of the three is not valid.
        """


class RunView(Protocol):
    """What ``moei_report_sections`` is told about a run. A plugin gets a copy of its own."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The complete config as plain data, but for where the run lies."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One for every image that was judged and every policy, as ``per_image.jsonl`` holds them.

        The keys are the attributes of ``moei_toolkit.evaluation.rows.Row``.
        """

    @property
    def costs(self) -> Mapping[str, Mapping[str, float]] | None:
        """Policy -> ``latency_ms``, ``ms_per_mp``, ``peak_memory_gb`` and ``images_per_second``.

        None in a run that did not measure them: one whose config has no ``bench``.
        """

    @property
    def worn(self) -> Mapping[str, Mapping[str, Any]]:
        """What was trained for the backbone to wear, by where the config has it.

        For instance ``"experts.rain"``, ``"singles.rain"`` and ``"dense_equal"``. A value is the component as
        configured: its ``type``, and the arguments that were given.
        """

    def load(self, where: str) -> nn.Module:
        """Return what is worn, a key of `worn`, as it was trained: on the CPU, in evaluation mode."""


@hookspec
def moei_register(register: Register) -> None:
    """Offer components. All of a plugin's components are taken, or none when one of them cannot be."""


@hookspec(firstresult=True)
def moei_report_sections(run: RunView) -> ReportSection | list[ReportSection] | None:
    """Add sections to the report of a run, or none.

    Called whenever a report is written: at the end of a run, and when a run is judged on other data. The
    sections come after the report's own, in report.html and in report.md, and each names the plugin it is of.
    Plugins are asked one after the other, in the order of their distributions, whatever the others said.

    A plugin that raises, or returns anything else, loses its sections: one line in their place names it, its
    version and the reason, and so does a warning. With ``MOEI_STRICT_PLUGINS=1`` it ends the run instead.

    The report is written anew when the source or the version of a plugin with this hook changes, or when one
    comes or goes. So what is returned should follow from ``run`` alone.

    Args:
        run: What there is to tell of. Import what is heavy, such as torch, inside the function: every command
            imports the modules of plugins.

    Returns:
        The sections in order; None for none.
    """


@hookspec(firstresult=True)
def moei_search_spaces() -> SearchSpace | list[SearchSpace] | None:
    """Offer search spaces to tools/tune.py, or add variants to one that is there already.

    Called whenever a search is planned by the name of its space. Variants under the name of a known space,
    such as ``"ablations"``, are added to it; no two may be called the same.

    A plugin that raises, or returns anything else, loses its spaces, and a warning names it, its version and
    the reason. With ``MOEI_STRICT_PLUGINS=1`` it ends the command instead.

    Returns:
        Spaces in order; None for none. What they are made of is in ``moei_toolkit.config.search_space``.
    """
