"""The contract of a loss."""

from __future__ import annotations

from collections.abc import Callable

import torch

from moei_toolkit.errors import DataError
from moei_toolkit.io.json_file import is_number
from moei_toolkit.losses.base import Loss
from moei_toolkit.testing.contract import (
    ODD_SIZES,
    promise,
    random_images,
    require,
    require_close,
    require_equal,
    require_shape,
)

_SIZE = (40, 33)


def check_loss(make: Callable[[], Loss], smallest_side: int = 1) -> None:
    """Check every promise of `Loss`.

    Args:
        make: Builds a loss.
        smallest_side: Images with a shorter side may be refused; pixels, at most 33.

    Raises:
        ContractError: Names the first promise found broken.
    """
    loss = make()
    with promise(loss, "terms lists every active term with its weight"):
        require(bool(loss.terms) and all(map(is_number, loss.terms.values())), f"terms is {loss.terms}")
    _check_values(loss)
    _check_refusals(loss)
    for size in (*(size for size in ODD_SIZES if min(size) >= smallest_side), _SIZE):
        _check_gradient(loss, *size)
    _check_half(loss)


def _check_values(loss: Loss) -> None:
    restored, clean, degraded = (random_images(3, *_SIZE, seed=seed) for seed in range(3))
    kept = [image.clone() for image in (restored, clean, degraded)]
    with promise(loss, "3 images give 3 values of at least 0, in float32"):
        together = loss(restored, clean, degraded)
        require_shape(together, 3)
        require(together.dtype == torch.float32, f"the type is {together.dtype}")
        require(bool((together >= 0).all()), f"the smallest is {float(together.min()):.3g}")
    with promise(loss, "images are left as they are"):
        for image, before in zip((restored, clean, degraded), kept, strict=True):
            require_equal(image, before)
    with promise(loss, "an image is judged independently of its neighbours in the batch"):
        alone = zip(restored.split(1), clean.split(1), degraded.split(1), strict=True)
        require_close(torch.cat([loss(*images) for images in alone]), together)
    with promise(loss, "equal images give 0"):
        worst = float(loss(clean, clean, degraded).abs().max())
        require(worst <= 1e-6, f"they give {worst:.3g}")


def _check_refusals(loss: Loss) -> None:
    x, wider = random_images(1, *_SIZE), random_images(1, _SIZE[0], _SIZE[1] + 1)
    gray = x[:, :1]
    for images, what in (((x, wider, wider), "of two sizes"), ((gray, gray, gray), "of one channel")):
        with promise(loss, f"images {what} are refused with a DataError"):
            try:
                value = loss(*images)
            except DataError:
                continue
            require(False, f"they give {value}")


def _check_gradient(loss: Loss, height: int, width: int) -> None:
    clean, degraded = (random_images(2, height, width, seed=seed) for seed in (1, 2))
    noise = random_images(2, height, width)
    starts = {
        "noise": noise,
        "one flat colour": torch.full_like(clean, 0.5),
        "noise in [-1, 2], which nobody clips,": 3 * noise - 1,
    }
    for what, start in starts.items():
        restored = start.requires_grad_()
        with promise(loss, f"{what} of {height}x{width} has a finite value and gradient"):
            value = loss(restored, clean, degraded)
            require_shape(value, 2)
            (gradient,) = torch.autograd.grad(value.sum(), restored)
            require_shape(gradient, *restored.shape)


def _check_half(loss: Loss) -> None:
    halves = [random_images(2, *_SIZE, seed=seed).bfloat16() for seed in range(3)]
    with promise(loss, "images of half precision are compared in float32"):
        value = loss(*halves)
        require(value.dtype == torch.float32, f"the type is {value.dtype}")
        require_close(value, loss(*(half.float() for half in halves)))
