"""What belongs together, and which split it is in."""
