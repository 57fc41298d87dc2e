"""From logits to probabilities that can be believed, and when not to."""
