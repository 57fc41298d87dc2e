"""Whether images went to the right expert."""
