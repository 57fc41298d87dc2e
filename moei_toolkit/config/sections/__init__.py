"""The sections of a config."""
