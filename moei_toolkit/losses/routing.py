"""Utility distillation: from the errors of all experts to soft targets and the router's loss."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError, DataError

TINY = 1e-12


def utility_targets(errors: Tensor, beta: float, normalize: bool) -> Tensor:
    """Turn the errors of K experts on N images into soft targets, q_k ~ exp(-beta e_k).

    e_k is the error eps_k itself, or, normalised, (eps_k - min eps) / (mean eps): then beta means the
    same whatever the loss or its scale. Errors should be of l1 type: squared errors differ so little
    that the targets come out almost uniform (look at `target_entropy`).

    Args:
        errors: (N, K), finite and >= 0, smaller is better.
        beta: Sharpness, > 0.
        normalize: Divide by the image's mean error.

    Returns:
        (N, K), rows sum to 1.

    Raises:
        ConfigError: beta is not positive and finite.
        DataError: The errors are not a finite, non-negative (N, K) table.
    """
    if not (math.isfinite(beta) and beta > 0):
        raise ConfigError(f"beta must be a positive number, got {beta}")
    _check_table("errors", errors)
    if not bool(torch.isfinite(errors).all()) or bool((errors < 0).any()):
        raise DataError("utility errors must be finite and >= 0; some of the table's entries are not")
    excess = errors - errors.amin(1, keepdim=True)
    if normalize:
        excess = excess / (errors.mean(1, keepdim=True) + TINY)
    return torch.softmax(-beta * excess, dim=1)


def shrink_errors(errors: Tensor, groups: Sequence[str], shrinkage: float, normalize: bool) -> Tensor:
    """Draw the errors of every image towards their mean over its group, as James and Stein (1961) do.

    Which expert restores one image best is partly luck, above all where much has to be guessed. A router
    that has seen few scenes learns that luck by heart; the mean over images of the same weather has less.

    Args:
        errors: (N, K), smaller is better.
        groups: What images are alike in, N of them.
        shrinkage: In [0, 1]: 0 leaves the errors as they are, 1 leaves the means alone.
        normalize: Divide by the mean error of each image first, so that all count alike.

    Returns:
        (N, K).

    Raises:
        DataError: There is not one group for each image.
    """
    _check_table("errors", errors)
    if len(groups) != len(errors):
        raise DataError(f"expected a group for each of {len(errors)} images, got {len(groups)}")
    if not shrinkage:
        return errors
    if normalize:
        errors = errors / (errors.mean(1, keepdim=True) + TINY)
    means = _group_means(errors, groups)
    return torch.lerp(errors, torch.stack([means[group] for group in groups]), shrinkage)


def hard_targets(right: Tensor) -> Tensor:
    """Turn which experts are right for an image, (N, K) bool, into targets (N, K) that share it among them.

    Raises:
        DataError: No expert is right for an image.
    """
    _check_table("right", right)
    if not bool(right.any(1).all()):
        raise DataError(f"expected an expert for every image, {int((~right.any(1)).sum())} have none")
    return right / right.sum(1, keepdim=True)


def mean_targets(targets: Tensor, groups: Sequence[str], wanted: Sequence[str]) -> Tensor:
    """Return what the images of a group are to be answered on average, for every group that is wanted.

    Args:
        targets: (N, K), rows sum to 1.
        groups: What images are alike in, N of them.
        wanted: M groups.

    Returns:
        (M, K).

    Raises:
        DataError: There is no image of a group that is wanted.
    """
    _check_table("targets", targets)
    means = _group_means(targets, groups)
    if unknown := [group for group in wanted if group not in means]:
        raise DataError(f"expected images of {unknown[0]!r}, got {', '.join(sorted(means)) or 'none'}")
    return torch.stack([means[group] for group in wanted])


def distillation_loss(logits: Tensor, targets: Tensor, alpha: float) -> Tensor:
    """Return KL(q || p), averaged over the batch, plus alpha KL(mean p || uniform).

    The first term is knowledge distillation (Hinton et al., "Distilling the knowledge in a neural
    network", 2015) with the utilities as teacher. The second keeps the router from collapsing onto one
    expert; it presumes that the batch holds about as many images for each expert.

    Args:
        logits: (N, K) of the router.
        targets: (N, K) utilities q, rows sum to 1.
        alpha: Weight of the balance term, >= 0.

    Returns:
        A scalar; 0 exactly when p equals q and, for alpha > 0, the mean of p is uniform.

    Raises:
        DataError: The shapes differ or are not (N, K).
    """
    _check_table("logits", logits)
    if logits.shape != targets.shape:
        raise DataError(f"logits {tuple(logits.shape)} and targets {tuple(targets.shape)} differ in shape")
    log_p = torch.log_softmax(logits, dim=1)
    divergence = (torch.xlogy(targets, targets) - targets * log_p).sum(1).mean()
    if alpha == 0:
        return divergence
    count, experts = logits.shape
    log_mean = torch.logsumexp(log_p, dim=0) - math.log(count)
    return divergence + alpha * (log_mean.exp() * (log_mean + math.log(experts))).sum()


def target_entropy(targets: Tensor) -> Tensor:
    """Return the (N,) entropy of soft targets (N, K) in nats: 0 is certain, log K is uniform."""
    return -torch.xlogy(targets, targets).sum(1)


def _check_table(name: str, table: Tensor) -> None:
    if table.dim() != 2 or 0 in table.shape:
        raise DataError(f"{name} must be a table (N, K) with N, K >= 1, got shape {tuple(table.shape)}")


def _group_means(table: Tensor, groups: Sequence[str]) -> dict[str, Tensor]:
    members = {group: torch.tensor([other == group for other in groups]) for group in set(groups)}
    return {group: table[mine].mean(0) for group, mine in members.items()}
