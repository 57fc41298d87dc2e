"""What an image is given up by: a score that is held against the threshold tau.

A rule says how far a choice is to be trusted. How tau is chosen on what it says is the same for all rules:
that of the best quality, which ``calibrate.max_abstention`` bounds, or a larger one where the rule has a
limit to keep.
"""
