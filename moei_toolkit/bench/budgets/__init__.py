"""Models that cost as much as MoE-I does."""
