"""Asks loaded plugins a question, each on its own: what goes wrong with one stays with that one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from moei_toolkit.errors import PluginError
from moei_toolkit.registration.plugin_table import LoadedPlugin, PluginTable
from moei_toolkit.registration.plugins import reason_of
from moei_toolkit.registration.stdout import talking_to_stderr

T = TypeVar("T")


@dataclass(frozen=True)
class Reply(Generic[T]):
    """What came of asking one plugin.

    Attributes:
        plugin: Who was asked.
        value: What it said; None if it failed.
        failure: Which plugin failed, where and why, in one line; empty if it did not.
    """

    plugin: LoadedPlugin
    value: T | None
    failure: str = ""


def ask_each(
    table: PluginTable, hook: str, ask: Callable[[LoadedPlugin], T], strict: bool = False
) -> Iterator[Reply[T]]:
    """Yield the reply of every plugin that has a hook, in loading order; failures are logged too.

    Args:
        table: Whom to ask.
        hook: Its name.
        ask: Calls the hook of a plugin and makes something of the answer; what it raises is a failure of
            the plugin.
        strict: Raise on the first failure instead of going on.

    Raises:
        PluginError: If ``strict`` and a plugin fails; the cause is chained.
    """
    for plugin in table.with_hook(hook):
        yield _reply(plugin, hook, ask, strict)


def _reply(plugin: LoadedPlugin, hook: str, ask: Callable[[LoadedPlugin], T], strict: bool) -> Reply[T]:
    try:
        with talking_to_stderr():
            return Reply(plugin, ask(plugin))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a stranger's code may fail in any way, even by calling sys.exit
        failure = f"{plugin} failed in {hook}: {reason_of(error, plugin.module.partition('.')[0])}"
        if strict:
            raise PluginError(failure) from error
        logging.getLogger(__name__).warning("%s", failure)
        return Reply(plugin, None, failure)
