"""Errors a person can act on: every message says what was expected, what came, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class MoeiError(Exception):
    """Base of every error this toolkit raises on purpose.

    Attributes:
        exit_code: What a command line tool exits with when this error ends it.
    """

    exit_code = 1


class ConfigError(MoeiError):
    """A configuration file or option is wrong."""

    exit_code = 2


class DataError(MoeiError):
    """A data set, a record or an image cannot be used as given."""

    exit_code = 3


class ImageError(DataError):
    """An image file is missing, damaged, or outside the supported limits."""


class PluginError(MoeiError):
    """A plugin failed to load, or two plugins claim one name."""

    exit_code = 4


class RegistryError(PluginError):
    """A component name is unknown, taken, or of the wrong kind."""


class StoreError(MoeiError):
    """The stage store cannot be read, written or locked."""

    exit_code = 5


class CheckpointError(StoreError):
    """A checkpoint or a weights file is damaged or does not fit."""


class WeightsMissingError(MoeiError):
    """Weights that belong to no run (an LPIPS backbone, a model of the toolkit) are not there."""

    exit_code = 6


class ExportError(MoeiError):
    """A network cannot be exported, or what was exported is not the same."""

    exit_code = 9


class TrainingError(MoeiError):
    """Training cannot go on, for instance because a loss is not finite."""

    exit_code = 7


class BenchError(MoeiError):
    """A measurement failed, or is too noisy to be a result."""

    exit_code = 8


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put where it happened before the message of an error of this toolkit; its type stays."""
    try:
        yield
    except MoeiError as error:
        error.args = (f"{where}: {error}",)
        raise


def as_sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends a sentence already."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return a hint naming the closest candidates, or all of them when none is close.

    Args:
        name: What was asked for.
        candidates: What exists.

    Returns:
        A sentence such as ``Did you mean 'adapter'?`` or ``Known: 'adapter', 'dense'.``; empty
        when there are no candidates.
    """
    known = sorted(set(candidates))
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(repr(match) for match in close)}?"
    if known:
        return f"Known: {', '.join(repr(candidate) for candidate in known)}."
    return ""
