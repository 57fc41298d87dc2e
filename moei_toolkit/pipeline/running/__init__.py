"""Runs a list of stages: fingerprints, the store of results, and the record of a run."""
