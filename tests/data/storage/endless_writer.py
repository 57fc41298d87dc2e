"""Writes pictures into the store that is named until it is killed, and says what it has committed."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from stored import picture

from moei_toolkit.data.storage.pair_writer import PairWriter

BATCH = 5


def main(path: Path) -> None:
    with PairWriter(path, resume=True) as writer:
        start = next(number for number in count() if not writer.has(f"{number}"))
        for number in count(start):
            writer.put(f"{number}", picture(number, 150 + number % 7, 160))
            if number % BATCH == 0:
                writer.commit()
                print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
