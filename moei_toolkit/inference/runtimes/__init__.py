"""Ways to run the networks of a model."""
