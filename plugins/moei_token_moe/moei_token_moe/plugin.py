"""What this package offers; names only, so that listing plugins imports nothing heavy."""

from __future__ import annotations

from moei_toolkit.hookspecs import Register, RunView, hookimpl
from moei_toolkit.report_section import ReportSection

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
