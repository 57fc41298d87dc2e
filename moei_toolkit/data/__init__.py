"""Records, photographs, generated scenes, synthetic weather and the stores between them."""
