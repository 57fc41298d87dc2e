"""Carries tokens to the small experts they chose, and brings back what those made of them."""

from __future__ import annotations

import torch
from torch import Tensor


def places_of(chosen: Tensor, seats: Tensor, capacity: int, experts: int) -> Tensor:
    """Return where each choice sits among the ``experts * capacity`` seats of an image.

    Args:
        chosen: (B, T, k) in [0, experts).
        seats: (B, T, k), counted at each expert; those from ``capacity`` on are none.
        capacity: Seats at each expert.
        experts: N.

    Returns:
        (B, T, k); ``experts * capacity`` where there is no seat.
    """
    return torch.where(seats < capacity, chosen * capacity + seats, experts * capacity)


def send(tokens: Tensor, places: Tensor, count: int) -> Tensor:
    """Return what sits on ``count`` seats (B, count, d): tokens (B, T, d) where they are sent, else 0."""
    images, length, channels = tokens.shape
    k = places.shape[2]
    index = places.reshape(images, length * k, 1).expand(-1, -1, channels)
    copies = tokens.unsqueeze(2).expand(-1, -1, k, -1).reshape(images, length * k, channels)
    # One seat more, for all who have none.
    return tokens.new_zeros(images, count + 1, channels).scatter(1, index, copies)[:, :count]


def fetch(outputs: Tensor, places: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted sum (B, T, d) of what a token's choices gave; one without a seat gives 0.

    Args:
        outputs: (B, count, d), by seat.
        places: (B, T, k), ``count`` where there is no seat.
        weights: (B, T, k).
    """
    images, _, channels = outputs.shape
    _, length, k = places.shape
    seated = torch.cat([outputs, outputs.new_zeros(images, 1, channels)], 1)
    index = places.reshape(images, length * k, 1).expand(-1, -1, channels)
    each = seated.gather(1, index).reshape(images, length, k, channels)
    return (each * weights.unsqueeze(-1)).sum(2)
