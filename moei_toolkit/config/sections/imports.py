"""What a config brings along."""

from __future__ import annotations

from moei_toolkit.config.kinds import Flag, Section


class CustomImports(Section):
    """Modules to import when the config is loaded, as in any mmengine config.

    Attributes:
        imports: Names of the modules.
        allow_failed_imports: Warn instead of failing when one cannot be imported.
    """

    imports: tuple[str, ...]
    allow_failed_imports: Flag = False
