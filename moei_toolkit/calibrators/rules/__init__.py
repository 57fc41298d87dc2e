"""What an image is given up by: a score that is held against the threshold tau.

A rule says how far a choice is to be trusted. How tau is chosen on what it says is the same for all rules,
and stands beside them in the config: ``calibrate.max_abstention`` bounds the tau of the best quality, and
``calibrate.guarantee`` asks for conformal risk control, with the confidence as with a learned score.
"""
