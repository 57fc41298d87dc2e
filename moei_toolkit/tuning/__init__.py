"""Searches: many variants of one config, run on one store so that nothing is computed twice."""
