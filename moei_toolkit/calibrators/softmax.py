"""What logits mean: what is added to all logits of an image changes nothing, here as everywhere."""

from __future__ import annotations

import numpy as np


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities (N, K) of logits (N, K)."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the logarithms of softmax, (N, K); finite where probabilities are too small to be written."""
    shifted = logits - logits.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))


def log_odds(logits: np.ndarray) -> np.ndarray:
    """Return log(p / (1 - p)) of the softmax p, (N, K): each expert against all others; 0 if it is alone."""
    if logits.shape[1] == 1:
        return np.zeros_like(logits)
    columns = range(logits.shape[1])
    others = [np.logaddexp.reduce(np.delete(logits, column, 1), axis=1) for column in columns]
    return np.asarray(logits - np.stack(others, 1))


def sigmoid(linear: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), and no warning where that is 0 or 1."""
    return np.asarray(1 / (1 + np.exp(-np.clip(linear, -700, 700))))
