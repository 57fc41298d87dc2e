"""What the files of a report are called."""

from __future__ import annotations

PAGE_FILE, MARKDOWN_FILE = "report.html", "report.md"
AGGREGATE_FILE = "per_policy.csv"
FACTS_FILE, OBJECTIVES_FILE = "facts.json", "objectives.json"
