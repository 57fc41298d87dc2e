"""What came out of a search: numbers, tables, a page, the best config."""
