"""What each of several concurrent trials gets of a cluster."""

from __future__ import annotations

from moei_toolkit.cluster.session import machines


def resources_of_each(concurrent: int) -> dict[str, float]:
    """Return the share of the processors that each of some concurrent trials gets; it fits on every node."""
    nodes, share = machines(), {}
    for kind in ("CPU", "GPU"):
        there = [node.get(kind, 0.0) for node in nodes]
        wanted = min(sum(there) / concurrent, max(there))
        share[kind.lower()] = float(max(1, int(wanted))) if kind == "CPU" or wanted >= 1 else wanted
    return {kind: amount for kind, amount in share.items() if amount}
