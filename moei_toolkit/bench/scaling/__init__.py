"""How cost grows with what it depends on."""
