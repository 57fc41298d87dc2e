"""The search spaces that come with the toolkit: plain data, each in a module of its name."""
