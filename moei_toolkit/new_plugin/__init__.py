"""What a new plugin package begins with."""
