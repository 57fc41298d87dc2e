"""What restoring costs: time, memory, operations and parameters."""
