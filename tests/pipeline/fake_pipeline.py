"""A pipeline of made-up stages: what each writes depends on its inputs and seed only."""

import hashlib
import json
import os
import time
from pathlib import Path

from moei_toolkit.config.loader import validate_config
from moei_toolkit.errors import StoreError
from moei_toolkit.io.atomic import atomic_write_text
from moei_toolkit.io.manifest import outputs_of, read_manifest
from moei_toolkit.pipeline.running.stage import Stage
from moei_toolkit.pipeline.running.store import StageStore, damage

STEPS = 6


def version_of(kind, name):
    return {"provider": "fake", "version": "1", "sha256": f"{kind}-{name}"}


def make_config(work_dir, **changes):
    """A config that fits the schema; the fake stages use its seed and folders only."""
    training = {
        "iterations": 1,
        "images_per_batch": 1,
        "crops_per_image": 1,
        "crop_size": 8,
        "learning_rate": 1e-3,
        "warmup": 0,
        "mix": {"dust": 1.0},
        "checkpoint_every": 1,
        "validate_every": 1,
    }
    component = {"type": "any"}
    raw = {
        "work_dir": str(work_dir),
        "data": {"layout": component, "draws": {"train": 1}},
        "tasks": {"dust": {"degradation": component, "loss": component}},
        "backbone": component,
        "dense": {"loss": "task", "training": training},
        "experts": {"any": {"expert": component, "task": "dust", "training": training}},
        "utilities": {"error": "task", "normalize": False},
        "router": {"router": component, "beta": 20.0, "alpha": 0.0, "iterations": 1, "batch_size": 1},
        "calibrate": {"calibrator": component},
        "evaluate": {"metrics": [component]},
        "report": {"title": "fake"},
        **changes,
    }
    return validate_config(raw, "fake")


def make_store(config):
    return StageStore(config.store_root)


def make_stages(log, pause=0.0, beta=20, width=8):
    """data -> train (resumable) -> experts.a, experts.b -> report; starts and steps are added to ``log``."""

    def note(text):
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{text}\n".encode())
        os.close(descriptor)

    def work(context):
        name = context.folder.parent.name
        note(f"start {name}")
        before = "".join(_content(folder) for folder in context.inputs.values())
        (context.folder / "parts").mkdir(exist_ok=True)
        for part in range(3):
            assert not (context.folder / "parts" / str(part)).exists()
            (context.folder / "parts" / str(part)).write_text(_digest(before, context.seed, part))
            time.sleep(pause)

    def train(context):
        note("start train")
        state = "".join(_content(folder) for folder in context.inputs.values())
        with context.log.progress(STEPS, "train") as progress:
            for step in range(STEPS):
                path = context.folder / f"step{step}"
                if not path.exists():
                    time.sleep(pause)
                    atomic_write_text(path, _digest(state, context.seed, step))
                    note("step")
                state = path.read_text()
                progress.advance()

    return [
        Stage("data", (), {"width": width}, (("layouts", "fake"),), work),
        Stage("train", ("data",), {"steps": STEPS}, (("backbones", "fake"),), train, resumable=True),
        Stage("experts.a", ("train",), {"expert": "a"}, (), work),
        Stage("experts.b", ("train",), {"expert": "b"}, (), work),
        Stage("report", ("experts.a", "experts.b"), {"router": {"beta": beta}}, (), work),
    ]


def committed(root):
    """Relative path -> content of every committed file but the manifests."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "." not in path.relative_to(root).parts[1] and path.name != "manifest.json"
    }


def problems_in(root):
    """Every file of the committed results of a store that is not what its manifest says, a sentence each."""
    found = []
    for folder in sorted(path for path in root.glob("*/*") if path.is_dir() and "." not in path.name):
        try:
            known = read_manifest(folder).outputs
        except StoreError as error:
            found.append(str(error))
            continue
        new = sorted(outputs_of(folder).keys() - known.keys())
        found += [*damage(folder), *(f"{folder / name} is not in the manifest" for name in new)]
    return found


def count(log, line):
    return Path(log).read_text().splitlines().count(line) if Path(log).exists() else 0


def _content(folder):
    return json.dumps(
        [
            path.read_text()
            for path in sorted(folder.rglob("*"))
            if path.name != "manifest.json" and path.is_file()
        ]
    )


def _digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Lines:
    """A reporter that keeps what it is told."""

    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(text)

    def progress(self, total, description):
        from moei_toolkit.io.reporter import SilentReporter

        return SilentReporter().progress(total, description)
