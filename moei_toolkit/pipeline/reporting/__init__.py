"""From rows to a report: what follows from them, and what else is told of a run."""
