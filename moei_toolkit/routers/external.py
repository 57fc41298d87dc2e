"""A router that asks somebody else: an agent, a language model, a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from moei_toolkit.errors import ConfigError, DataError, located
from moei_toolkit.routers.answers import Answer, logits_of
from moei_toolkit.routers.base import Router
from moei_toolkit.routers.named_function import load_function
from moei_toolkit.routers.side_file import read_side_file


class ExternalRouter(Router):
    """Takes the route from a function or a file, so that an orchestrator outside the toolkit can drive it.

    It knows an image by its name, for whoever looks at pixels has to find them: the id of its record, or the
    path of a photograph as it was given. An answer is the name of an expert, or a score (logit) for each.
    The calibrator finds out what answers are worth, so that the images of split "calibrate" are asked about
    beside those to restore, and those of split "route" where an abstention rule learns.

    Args:
        names: Of the experts.
        function: ``"package.module:function"``, called with the name of an image and its descriptor (d,) as
            float32 array. It has to answer the same when it is asked again.
        file: A JSON object from names to answers, or a CSV file with the header ``id,route``.
        unlisted: The expert for images that the file does not name; they are refused when None.

    Raises:
        ConfigError: If not exactly one of function and file is given, or there is no such function.
        DataError: If the file cannot be read, or an answer in it is none.
    """

    exportable: ClassVar[bool] = False

    def __init__(
        self,
        names: Sequence[str],
        function: str | None = None,
        file: str | None = None,
        unlisted: str | None = None,
    ) -> None:
        super().__init__()
        if (function is None) == (file is None):
            raise ConfigError("expected either 'function' or 'file'")
        if function is not None and unlisted is not None:
            raise ConfigError("expected no 'unlisted' beside 'function': a function answers for every image")
        self._names = tuple(names)
        self._where = str(function or file)
        self._ask = _asking(load_function(function)) if function else self._listed(Path(str(file)), unlisted)

    def forward(self, g: Tensor) -> Tensor:
        """Return zeros (B, K): of the descriptor alone it thinks nothing."""
        return g.new_zeros(len(g), len(self._names))

    def score(self, g: Tensor, images: Sequence[str]) -> Tensor:
        """Return the answers as logits (B, K); see `Router.score`."""
        described = g.detach().cpu().numpy().astype(np.float32)
        logits = [self._logits(image, row) for image, row in zip(images, described, strict=True)]
        return torch.tensor(logits, dtype=g.dtype, device=g.device)

    def _logits(self, image: str, g: np.ndarray) -> list[float]:
        with located(f"{self._where}, image {image!r}"):
            return logits_of(self._ask(image, g), self._names)

    def _listed(self, path: Path, unlisted: str | None) -> Callable[[str, np.ndarray], Answer]:
        answers = read_side_file(path)
        for image, answer in answers.items():
            with located(f"{path}, image {image!r}"):
                logits_of(answer, self._names)
        if unlisted is not None:
            with located("unlisted"):
                logits_of(unlisted, self._names)

        def look_up(image: str, g: np.ndarray) -> Answer:
            answer = answers.get(image, unlisted)
            if answer is None:
                raise DataError("not there; add it, or say which expert 'unlisted' images get")
            return answer

        return look_up


def _asking(function: Callable[[str, np.ndarray], Answer]) -> Callable[[str, np.ndarray], Answer]:
    """Return the function, with its errors as ours."""

    def ask(image: str, g: np.ndarray) -> Answer:
        try:
            return function(image, g)
        except (Exception, SystemExit) as error:  # a stranger's function may fail in any way
            raise DataError(f"{type(error).__name__}: {error}") from error

    return ask
