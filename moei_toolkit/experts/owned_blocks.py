"""The last sites of a backbone, which are the thinnest, as an expert's own."""

from __future__ import annotations

import copy

from torch import nn

from moei_toolkit.backbones.base import Backbone


def own_last_blocks(backbone: Backbone, top_blocks: int) -> tuple[dict[str, int], nn.ModuleDict]:
    """Divide the sites of a backbone into those an expert refines and those it owns as copies.

    Args:
        backbone: Its sites are read and its last blocks copied, nothing is kept of it.
        top_blocks: How many of the last sites are owned.

    Returns:
        The other sites with their channels, in running order, and the copies by site.

    Raises:
        ValueError: If ``top_blocks`` is negative or exceeds the number of sites.
    """
    sites = backbone.sites()
    if not 0 <= top_blocks <= len(sites):
        raise ValueError(f"top_blocks must lie in [0, {len(sites)}], got {top_blocks}")
    names = list(sites)
    refined, owned = names[: len(names) - top_blocks], names[len(names) - top_blocks :]
    copies = nn.ModuleDict({site: copy.deepcopy(backbone.block(site)) for site in owned})
    return {site: sites[site] for site in refined}, copies
