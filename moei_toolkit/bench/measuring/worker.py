"""A process that restores when it is told to: each subject has its own, so that memory is its own too.

It reads one job as a line of JSON, then one command per line, and answers each with a line of JSON:
the job -> precision and route, once it is loaded; ``run`` -> seconds of every hop; ``memory`` -> bytes.
Instead of any of these it may answer with an error and the class of it, and end.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO

from moei_toolkit.errors import BenchError, MoeiError
from moei_toolkit.inference.machine.one_heap import share_heap


def main() -> None:
    """Serve until standard input ends."""
    share_heap()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    try:
        serve(sys.stdin, answers)
    except MoeiError as error:
        _answer(answers, {"error": str(error), "class": type(error).__name__})
    except MemoryError as error:
        _answer(answers, {"error": f"not enough memory: {error}", "class": BenchError.__name__})


def serve(commands: TextIO, answers: TextIO) -> None:
    """Load the subject of the first line, then answer the commands of the others."""
    from moei_toolkit.bench.measuring.building import build_subject, make_image
    from moei_toolkit.bench.measuring.memory import device_peak, process_peak
    from moei_toolkit.bench.measuring.subject import read_job

    model, subject, size = read_job(json.loads(commands.readline()))
    built = build_subject(model, subject)
    image = make_image(size)
    loaded = process_peak()
    _answer(answers, {"precision": built.precision, "route": built.route})
    for line in commands:
        if line.strip() == "run":
            _answer(answers, built.restore(image))
        else:
            peaks = {"loaded": loaded, "peak": process_peak(), "device": device_peak(subject.device)}
            _answer(answers, peaks)


def _answer(answers: TextIO, value: dict[str, Any]) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
