"""Files: atomic writes, weights, manifests, images, and what is said to a person while they are made."""
