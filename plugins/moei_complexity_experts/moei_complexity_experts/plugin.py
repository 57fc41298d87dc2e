"""What this package offers; names only, so that listing plugins imports nothing heavy."""

from __future__ import annotations

from moei_toolkit.hookspecs import Register, hookimpl

moei_requires = ">=0.1,<0.2"


@hookimpl
def moei_register(register: Register) -> None:
    """Offer the expert."""
    register("experts", "complexity_experts", "moei_complexity_experts.expert:ComplexityExperts")
