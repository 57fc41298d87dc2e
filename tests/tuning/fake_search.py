"""A search over made-up stages, each of which notes in a log that it runs.

data -> train -> expert.a -> router -> judge. What is trained depends on ``inference.tile``, and the router,
which is cheap, on ``router.beta`` too.
"""

import functools
import json
import os
import signal
import time
from pathlib import Path

from fake_pipeline import make_config, version_of

from moei_toolkit.config.search_space import SearchSpace, Variant
from moei_toolkit.errors import DataError, TrainingError
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.pipeline.running.stage import Stage
from moei_toolkit.tuning.planning.search import Search
from moei_toolkit.tuning.planning.workflow import Workflow

HELPERS = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "pipeline")]
"""Where this module and those that it imports are found, also in other processes."""
FOUR = (
    ("b1", {"router.beta": 1.0}),
    ("wide", {"inference.tile": 256}),
    ("wide b1", {"inference.tile": 256, "router.beta": 1.0}),
    ("high", {"inference.tile": 128}),
)
"""Variants of the fake search: two of them share what is expensive."""

CHEAP = frozenset({"router", "judge"})


def note(log, text):
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)


def make_search(folder, space, **options):
    config = make_config(folder / "work", store=str(folder / "store"))
    return Search(config=config, space=space, **options)


def one_by_one(*variants):
    """A list: each variant is its name and what it changes."""
    return SearchSpace(
        name="fake",
        variants=[Variant(name=name, factor=name, overrides=changes) for name, changes in variants],
    )


def make_workflow(log, pause=0.0, once="", always="", big=0):
    """Stages that take ``pause`` seconds.

    Args:
        log: Where they note that they run.
        pause: How long each takes, seconds.
        once: Kill the worker the first time that a stage runs with this learning rate of the router.
        always: Kill it every time.
        big: Bytes that the stage train writes.
    """
    stages = functools.partial(_stages, log=str(log), pause=pause, once=once, always=always, big=big)
    return Workflow(
        stages=stages,
        cheap=CHEAP,
        version_of=version_of,
        validate=_validate,
        rehearse=_rehearse,
        score=_score,
    )


def count(log, text):
    return Path(log).read_text().splitlines().count(text) if Path(log).exists() else 0


def ran(log):
    """Every note, in order."""
    return Path(log).read_text().splitlines() if Path(log).exists() else []


def _stages(config, log, pause, once, always, big):
    beta, reduction = config.router.beta, config.inference.tile

    def work(context, name, content):
        note(log, name)
        time.sleep(pause)
        if name.startswith("router") and beta == 13.0:
            raise TrainingError("router: loss is nan; lower learning_rate")
        if name.startswith("train") and name in (once, always):
            marker = Path(f"{log}.killed")
            if name == always or not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        atomic_write_text(context.folder / "result.json", json.dumps(content))

    def data(context):
        work(context, "data", 0)

    def train(context):
        if big:
            (context.folder / "big").write_bytes(b"x" * big)
        work(context, f"train {reduction}", reduction)

    def expert(context):
        work(context, f"expert.a {reduction}", reduction)

    def router(context):
        work(context, f"router {reduction} {beta:g}", beta)

    def judge(context):
        work(context, f"judge {reduction} {beta:g}", beta + reduction / 1000)

    width = {"width": reduction}
    return [
        Stage("data", (), {}, (), data),
        Stage("train", ("data",), width, (("backbones", "fake"),), train),
        Stage("expert.a", ("train",), {}, (), expert),
        Stage("router", ("expert.a",), {"beta": beta}, (), router),
        Stage("judge", ("router",), {}, (), judge),
    ]


def _validate(folder):
    if folder.parent.name not in ("train", "expert.a"):
        return None
    return float(json.loads((folder / "result.json").read_text()))


def _rehearse(config):
    if config.inference.overlap == 7:
        raise DataError("this does not fit together")


def _score(config, folders, variant):
    return {"macro_psnr": json.loads((folders["judge"] / "result.json").read_text())}
