"""Parameter-efficient specialists the backbone can wear."""
