"""The tables of a report as plain rows of text, the same for HTML, Markdown and CSV."""
