"""What a report tells of the tokens that the models of a run send around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from moei_token_moe.expert import TokenMoE
from moei_toolkit.hookspecs import RunView
from moei_toolkit.report_section import ReportSection, Table

UHD = (2160, 3840)
"""Height and width of the photographs that the toolkit is for."""


def dispatch_section(run: RunView, worn: Sequence[str]) -> ReportSection:
    """Tell what routing moves in those models of a run that are worn at ``worn``, each a `TokenMoE`."""
    tile = int(run.config["inference"]["tile"])
    models = {where: cast(TokenMoE, run.load(where)) for where in worn}
    return ReportSection(
        title="Dispatch of tokens",
        paragraphs=[
            "A mixture of experts for tokens moves each token to small experts and back, at every site where "
            "it acts; a router that chooses one expert for a whole image moves none."
        ],
        table=dispatch_table(models, {f"{UHD[1]}x{UHD[0]}": UHD, f"tile {tile}x{tile}": (tile, tile)}),
    )


def dispatch_table(models: Mapping[str, TokenMoE], images: Mapping[str, tuple[int, int]]) -> Table:
    """Return what routing moves, a row for every model, size and site, and one for all sites together.

    Args:
        models: By what they are called.
        images: Height and width, by what they are called.
    """
    rows = []
    for model, expert in models.items():
        for image, size in images.items():
            for one in expert.traffic(*size):
                facts = f"{one.pixels}x{one.pixels}", f"{one.tokens:,}", str(one.channels), str(one.k)
                rows.append([model, image, one.site, *facts, f"{one.dispatched / 1e6:,.1f}"])
            rows.append([model, image, "all", *[""] * 4, f"{expert.dispatch_bytes(*size) / 1e6:,.1f}"])
    return Table(
        title="Bytes moved by routing",
        header=["model", "image", "site", "token, pixels", "tokens", "channels", "k", "MB"],
        rows=rows,
        note="MB are 1e6 bytes: 2 k times tokens times channels times 4 bytes, there and back. Every token "
        "counts, whether or not it finds a seat. An image counts as a whole; its tiles overlap.",
    )
