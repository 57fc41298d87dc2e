"""The figures of a report: each takes plain numbers, draws them, and keeps them for whoever wants data."""
