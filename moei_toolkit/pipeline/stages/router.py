"""Teaches the router the utilities, on cached descriptors: seconds, not minutes; unless it cannot learn."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from moei_toolkit.config.schema import Config
from moei_toolkit.config.sections.routing import RouterSection
from moei_toolkit.errors import TrainingError
from moei_toolkit.inference.loading.building import build_router
from moei_toolkit.inference.loading.run import ROUTER_FILE
from moei_toolkit.io.reporter import Progress
from moei_toolkit.io.weights import save_weights
from moei_toolkit.losses.routing import (
    distillation_loss,
    hard_targets,
    mean_targets,
    shrink_errors,
    target_entropy,
    utility_targets,
)
from moei_toolkit.pipeline.measuring.utility_cache import UtilityCache, load_cache, load_familiar
from moei_toolkit.pipeline.running.stage import StageContext
from moei_toolkit.routers.base import Router


def run(context: StageContext) -> None:
    """Train on the "route" split; leave the weights and how sharp the targets were."""
    config = context.config
    cache = load_cache(context.inputs["utilities"], "route")
    g, targets = cache.g, make_targets(config, cache).float()
    if config.utilities.familiar:
        familiar = load_familiar(context.inputs["utilities"])
        g = torch.cat([g, familiar.g])
        targets = torch.cat([targets, mean_targets(targets, cache.degradations, familiar.degradations)])
    torch.manual_seed(context.seed)
    router = build_router(config, cache.g.shape[1])
    loss = None
    if any(parameter.requires_grad for parameter in router.parameters()):
        with context.log.progress(config.router.iterations, "router") as progress:
            loss = train_router(router, g, targets, config.router, context.seed, progress)
    entropy = target_entropy(targets).mean().item()
    context.log.info(
        f"router: mean entropy of the targets {entropy:.3f} of at most {math.log(targets.shape[1]):.3f}"
    )
    info = {
        "component": config.router.router.as_dict(),
        "kind": "routers",
        "loss": loss,
        "target_entropy": entropy,
    }
    save_weights(context.folder / ROUTER_FILE, router.state_dict(), info)


def make_targets(config: Config, cache: UtilityCache) -> Tensor:
    """Return what the router is to answer for every image of a cache, (N, K).

    Raises:
        DataError: It is to learn the weather, and there is weather that no expert is for.
    """
    errors = cache.error[:, :-1]
    if config.router.targets == "utility":
        normalize = config.utilities.normalize
        errors = shrink_errors(errors, cache.degradations, config.router.shrinkage, normalize)
        return utility_targets(errors, config.router.beta, normalize)
    if config.router.targets == "best":
        return hard_targets(errors == errors.amin(1, keepdim=True))
    tasks = [expert.task for expert in config.experts.values()]
    return hard_targets(torch.tensor([[task == weather for task in tasks] for weather in cache.degradations]))


def train_router(
    router: Router, g: Tensor, targets: Tensor, settings: RouterSection, seed: int, progress: Progress
) -> float:
    """Minimise the distillation loss with AdamW and a cosine learning rate; return the last loss.

    Args:
        router: Trained in place, left in evaluation mode.
        g: (N, d).
        targets: (N, K), the utilities q.
        settings: Of the config.
        seed: Of the batches.
        progress: Advanced once per iteration.

    Raises:
        TrainingError: If the loss is not finite.
    """
    optimizer = torch.optim.AdamW(
        router.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.iterations)
    generator = torch.Generator().manual_seed(seed)
    router.train()
    for iteration in range(settings.iterations):
        batch = torch.randint(len(g), (settings.batch_size,), generator=generator)
        loss = distillation_loss(router(g[batch]), targets[batch], settings.alpha)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"router: loss is {loss.item()} at iteration {iteration + 1}; lower learning_rate"
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        progress.advance(1, f"loss {loss.item():.4f}")
    router.eval()
    return loss.item()
