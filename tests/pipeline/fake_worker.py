"""Runs the fake pipeline in a process of its own: WORK_DIR LOG PAUSE [STORE], or crash points."""

import sys
from pathlib import Path

import fake_pipeline
from dying import in_child, kill_at

from moei_toolkit.pipeline.running import execute
from moei_toolkit.pipeline.running.run import run_pipeline


class Printer(fake_pipeline.Lines):
    def info(self, text):
        print(text, flush=True)


def run(work_dir, log, pause, first=None, store=None):
    config = fake_pipeline.make_config(work_dir, store=store)
    stages = fake_pipeline.make_stages(log, pause)
    store = fake_pipeline.make_store(config)
    result = run_pipeline(config, stages, store, Printer(), first=first, version_of=fake_pipeline.version_of)
    print(result, flush=True)
    return store


def every_crash_point(base, first, step):
    """Kill a run at every step-th change to the file system, run again, and print what is wrong then."""
    execute.git_state = lambda: None
    reference = run(base / "reference", base / "log", 0).root
    expected = fake_pipeline.committed(reference)
    call, crashed = 1, True
    while crashed:
        work_dir = base / f"run{call}"
        if first:
            in_child(lambda work_dir=work_dir: run(work_dir, base / "log", 0))

        def doomed(work_dir=work_dir, call=call):
            kill_at(call)
            run(work_dir, base / "log", 0, first)

        crashed = in_child(doomed) != 0
        store = fake_pipeline.make_store(fake_pipeline.make_config(work_dir))
        problems = fake_pipeline.problems_in(store.root)
        after = in_child(lambda work_dir=work_dir: run(work_dir, base / "log", 0))
        left = [
            path.name for path in store.root.rglob("*") if path.suffix in (".partial", ".old", ".broken-1")
        ]
        # A forced run that was killed leaves its partial folder, while the old result still counts.
        stale = [name for name in left if not (first and name.endswith(".partial"))]
        if problems or after or stale or fake_pipeline.committed(store.root) != expected:
            print("WRONG", call, problems, after, stale)
        call += step
    print("POINTS", call)


if __name__ == "__main__":
    if sys.argv[1] == "crash":
        every_crash_point(Path(sys.argv[2]), sys.argv[3] or None, int(sys.argv[4]))
    else:
        run(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), store=(sys.argv[4:] or [None])[0])
