"""Benchmarks: what one way of doing something costs, as a share of what another costs."""
