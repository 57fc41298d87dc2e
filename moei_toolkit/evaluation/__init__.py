"""How good the images are, and how good the decisions were."""
