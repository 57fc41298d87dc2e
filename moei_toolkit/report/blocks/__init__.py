"""What a report is made of: each block holds what it shows and writes itself as HTML."""
