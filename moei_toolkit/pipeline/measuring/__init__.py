"""Images restored along every route, and how far each result is from the truth."""
