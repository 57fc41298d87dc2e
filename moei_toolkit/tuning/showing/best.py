"""The best variant as a config file of its own."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.config.loader import dump_config
from moei_toolkit.config.options import apply_options
from moei_toolkit.tuning.planning.variants import vary
from moei_toolkit.tuning.showing.results import Results

BEST_FILE = "best.py"


def best_config(results: Results, work_dir: Path) -> str:
    """Return the text of a config file that tools/train.py runs, on the store of the search.

    Args:
        results: What was found.
        work_dir: Folder of the search; the run gets one inside.
    """
    search, best = results.search, results.best.judged
    # What was studied beside the config as it is says nothing of the best.
    places = {"work_dir": work_dir / "best", "store": search.config.store_root}
    changes = {name: str(path.absolute()) for name, path in places.items()} | {"studies._delete_": True}
    config = vary(apply_options(search.config.model_dump(), changes), best.trial.variant)
    chosen = f"Variant {best.name!r} of space {search.space.name!r}"
    reached = f"the best of {len(results.candidates)} in {search.metric}, {best.scores[search.metric]:.4f}"
    caution = "It was chosen on the test images, so that it is a little worse on others."
    return f'"""{chosen}: {reached}.\n\n{caution}\n"""\n\n{dump_config(config)}'
