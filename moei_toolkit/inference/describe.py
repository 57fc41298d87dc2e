"""The first hop: one descriptor per image, from an overview and native-resolution probes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from moei_toolkit.backbones.base import Backbone


@dataclass(frozen=True)
class Description:
    """What is known of B images before any of their pixels is restored.

    Attributes:
        g: (B, descriptor_dim).
        probe_features: Features of the probes, flattened to batch B * P, fine to coarse; training decodes
            them, so that its crops serve as probes and are encoded once.
    """

    g: Tensor
    probe_features: list[Tensor]


def describe_views(backbone: Backbone, overview: Tensor, probes: Tensor) -> Description:
    """Describe B images, running the encoder only.

    Args:
        backbone: The shared trunk.
        overview: (B, 3, S, S), each whole image shrunk.
        probes: (B, P, 3, s, s), native-resolution crops.
    """
    images, count = probes.shape[:2]
    flat = probes.flatten(0, 1)
    features = backbone.encode(flat)
    per_probe = backbone.summarize(features, flat).unflatten(0, (images, count))
    whole = backbone.summarize(backbone.encode(overview), overview)
    return Description(backbone.describe(whole, per_probe), features)
