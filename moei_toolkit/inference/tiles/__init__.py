"""Images cut into tiles, and joined again without seams."""
