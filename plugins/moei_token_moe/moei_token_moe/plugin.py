"""What this package offers; names only, so that listing plugins imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moei_toolkit.hookspecs import Register, RunView, hookimpl
from moei_toolkit.report_section import ReportSection

if TYPE_CHECKING:
    from moei_toolkit.config.search_space import SearchSpace

moei_requires = ">=0.1,<0.2"


@hookimpl
def moei_register(register: Register) -> None:
    """Offer the expert."""
    register("experts", "token_moe", "moei_token_moe.expert:TokenMoE")


@hookimpl
def moei_report_sections(run: RunView) -> ReportSection | None:
    """Tell what moving tokens to small experts costs, if a model of the run does."""
    worn = [where for where, component in run.worn.items() if component["type"] == "token_moe"]
    if not worn:
        return None
    from moei_token_moe.sections import dispatch_section  # imports torch

    return dispatch_section(run, worn)


@hookimpl
def moei_search_spaces() -> SearchSpace:
    """Offer every gate as the rival of equal cost."""
    from moei_toolkit.config.search_space import SearchSpace, Variant  # imports pydantic

    return SearchSpace(
        name="token_moe",
        about="Every gate of token-MoE as the rival of equal cost.",
        variants=tuple(
            Variant(
                name=gate,
                factor="gate",
                overrides={"dense_equal.expert": {"type": "token_moe", "gate": gate}},
                policy="dense-equal",
            )
            for gate in ("noisy_top_k", "switch", "vmoe")
        ),
    )
