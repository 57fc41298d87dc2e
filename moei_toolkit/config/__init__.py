"""Configuration: mmengine config files, resolved into a typed and frozen schema."""
