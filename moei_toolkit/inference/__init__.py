"""From a photograph of any size to its restoration."""
