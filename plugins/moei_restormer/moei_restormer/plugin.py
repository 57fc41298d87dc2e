"""What this package adds, by name."""

from __future__ import annotations

from moei_toolkit.hookspecs import Register, hookimpl

moei_requires = ">=0.1,<0.2"


@hookimpl
def moei_register(register: Register) -> None:
    """Offer the backbone."""
    register("backbones", "restormer", "moei_restormer.restormer:Restormer")
