"""Image metrics: a number per image, and the protocol that makes it comparable."""
