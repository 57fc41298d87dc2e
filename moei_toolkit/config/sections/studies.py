"""What was studied beside a run, and where it lies."""

from __future__ import annotations

from moei_toolkit.config.kinds import Section, Text

ORIGIN_FILE = "origin.json"
"""In a folder that tools/evaluate.py made: of which run it is, and on what."""
RESULTS_FILE = "results.json"
"""In the same folder, and in that of a report: what follows from the rows."""


class Studies(Section):
    """What was studied beside the run; the report judges and shows it.

    Attributes:
        ablations: The JSON file of a search over this config, made by tools/tune.py --space ablations.
        other_data: Folders that tools/evaluate.py made from this run.
        repetition: Folder of a second run of the same config and seed, on a store of its own.
        other_seeds: Folders of runs of the same config with other seeds.
    """

    ablations: Text | None = None
    other_data: tuple[Text, ...] = ()
    repetition: Text | None = None
    other_seeds: tuple[Text, ...] = ()

    @property
    def files(self) -> list[str]:
        """Every file that is read of them."""
        others = [f"{folder}/{file}" for folder in self.other_data for file in (ORIGIN_FILE, RESULTS_FILE)]
        runs = [*([self.repetition] if self.repetition else []), *self.other_seeds]
        return [
            *([self.ablations] if self.ablations else []),
            *others,
            *(f"{folder}/{file}" for folder in runs for file in ("run.json", "evaluate/per_image.jsonl")),
        ]
