"""What the stages that train have in common."""
