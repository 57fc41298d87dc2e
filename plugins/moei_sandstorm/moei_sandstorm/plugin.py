"""What the package offers, by name; nothing is imported before it is used."""

from __future__ import annotations

from moei_toolkit.hookspecs import Register, hookimpl

moei_requires = ">=0.1,<0.2"


@hookimpl
def moei_register(register: Register) -> None:
    """Offer the weather, its data sets, its loss and its expert under one name."""
    register("degradations", "sandstorm", "moei_sandstorm.weather:Sandstorm")
    register("layouts", "sandstorm", "moei_sandstorm.layout:SandstormPairs")
    register("losses", "sandstorm", "moei_sandstorm.loss:SandstormLoss")
    register("experts", "sandstorm", "moei_sandstorm.expert:BalancedAdapter")
