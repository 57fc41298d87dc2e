"""The figures of the README: parameters, and what is moved for one photograph."""

from __future__ import annotations

from moei_token_moe.expert import GATES, TokenMoE
from moei_token_moe.sections import UHD, dispatch_table
from moei_toolkit.backbones.global_unet import GlobalUNet
from moei_toolkit.testing.modules import count_parameters


def figures() -> str:
    """Return, for the default backbone, parameters by gate and the table of a 4K photograph as text."""
    backbone = GlobalUNet()
    models = {gate: TokenMoE(backbone, gate) for gate in GATES}
    dense = count_parameters(backbone)
    lines = [
        f"{gate}: {count_parameters(model):,} parameters, {count_parameters(model) / dense:.2%} of {dense:,}"
        for gate, model in models.items()
    ]
    table = dispatch_table(models, {f"{UHD[1]}x{UHD[0]}": UHD})
    return "\n".join([*lines, "", *("  ".join(row) for row in [table.header, *table.rows])])
