"""What a plugin can be asked: one function named ``moei_*`` per hook.

A plugin is a module with implementations, named by an entry point of the group ``moei_toolkit.plugins``::

    from moei_toolkit.hookspecs import hookimpl

    moei_requires = ">=0.1,<0.2"  # optional: the toolkit versions it works with

    @hookimpl
    def moei_register(register):
        register("experts", "lora", "moei_lora.expert:LoRA")
"""

from __future__ import annotations

from typing import Protocol

import pluggy

PROJECT = "moei_toolkit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Register(Protocol):
    """What ``moei_register`` receives to offer components with."""

    def __call__(self, kind: str, name: str, target: str | type) -> None:
        """Offer one component.

        Args:
            kind: One of ``moei_toolkit.plugins.KINDS``, for instance ``"experts"``.
            name: What a configuration calls it: letters, digits and underscores.
            target: ``"package.module:Class"``, imported on first use, or the class itself.

        Raises:
            PluginError: If one of the three is not valid.
        """


@hookspec
def moei_register(register: Register) -> None:
    """Offer components. All of a plugin's components are taken, or none when one of them cannot be."""
