"""From the descriptor g to one logit per expert."""
