"""Training loops: what mmengine's Runner is given."""
