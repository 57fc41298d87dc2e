"""From what was measured to rows: what every policy would have chosen."""
