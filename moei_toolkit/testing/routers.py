"""The contract of a router."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from moei_toolkit.losses.routing import distillation_loss
from moei_toolkit.routers.base import Router
from moei_toolkit.testing.contract import (
    promise,
    require_close,
    require_equal,
    require_shape,
    seeded,
)
from moei_toolkit.testing.modules import reload, require_gradients, require_state, shake, state_of

IMAGES = ("0", "1", "2", "3", "4")
"""What the images are called that a router is checked on."""


def check_router(
    make: Callable[[int, int], Router],
    descriptor_dim: int = 32,
    seed: int = 0,
    images: Sequence[str] = IMAGES,
) -> None:
    """Check every promise of `Router`, for two, three and seven experts.

    Args:
        make: Builds a router from the length of g and the number of experts.
        descriptor_dim: Length of g.
        seed: Of weights and descriptors.
        images: Names of images, for a router that knows some images only.

    Raises:
        ContractError: Names the first promise found broken.
    """
    with seeded(seed):
        for experts in (2, 3, 7):
            router = shake(make(descriptor_dim, experts), seed).eval()
            _check_scores(router, descriptor_dim, experts, images)
            _check_training(router, descriptor_dim, experts)
            _check_loading(router, make(descriptor_dim, experts), descriptor_dim, images)
            _check_graph(router, descriptor_dim)


@torch.no_grad()
def _check_scores(router: Router, descriptor_dim: int, experts: int, images: Sequence[str]) -> None:
    count = len(images)
    g, before = torch.randn(count, descriptor_dim), state_of(router)
    with promise(router, f"{count} descriptors and {experts} experts give logits ({count}, {experts})"):
        logits, alone = router.score(g, images), router(g)
        require_shape(logits, count, experts)
        require_shape(alone, count, experts)
    with promise(router, "in evaluation mode nothing is random"):
        require_equal(router.score(g, images), logits)
        require_equal(router(g), alone)
    with promise(router, "an image is scored independently of its neighbours in the batch"):
        one_by_one = zip(g.split(1), images, strict=True)
        require_close(torch.cat([router.score(one, [image]) for one, image in one_by_one]), logits)
    if router.exportable:
        with promise(router, "what can be exported decides by the descriptor alone"):
            require_equal(router.score(g, images[::-1]), alone)
    with promise(router, "running it in evaluation mode changes nothing in it"):
        require_state(router, before)


def _check_training(router: Router, descriptor_dim: int, experts: int) -> None:
    if not any(parameter.requires_grad for parameter in router.parameters()):
        return
    targets = torch.softmax(torch.randn(8, experts), 1)
    with promise(router, "training reaches every parameter"):
        distillation_loss(router.train()(torch.randn(8, descriptor_dim)), targets, alpha=0.1).backward()
        require_gradients(router)
    router.eval()


@torch.no_grad()
def _check_loading(router: Router, fresh: Router, descriptor_dim: int, images: Sequence[str]) -> None:
    g = torch.randn(len(images), descriptor_dim)
    with promise(router, "what is loaded scores exactly as what was saved"):
        require_equal(reload(router, fresh).score(g, images), router.score(g, images))


@torch.no_grad()
def _check_graph(router: Router, descriptor_dim: int) -> None:
    if not router.exportable:
        return
    traced, other = torch.randn(2, 4, descriptor_dim)
    with promise(router, "what can be exported is made of tensor operations, which become a graph"):
        graph = torch.export.export(router, (traced,)).module()
        require_close(graph(other), router(other))
