"""What photographs can be restored with, from its files to objects that work."""
