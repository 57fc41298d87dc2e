"""From the descriptor g to one logit per expert.

Top-2 is no router but a way to use one: whatever the router, evaluation also judges the mixture of the two
experts it finds most probable, as policy ``top2``; see `moei_toolkit.experts.mixture`.
"""
