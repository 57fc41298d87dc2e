"""How photographs are encoded, a format each."""
