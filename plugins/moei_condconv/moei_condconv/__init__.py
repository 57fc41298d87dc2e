"""Convolutions whose kernel every image mixes for itself."""
