"""What training minimises and what the utility table compares: one value per image."""
