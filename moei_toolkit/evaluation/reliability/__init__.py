"""Whether a confidence means what it says, and what it is good for."""
