"""Where the pixels of a prepared set stay, and what is known of the work on it."""
