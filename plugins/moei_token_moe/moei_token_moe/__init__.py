"""A mixture at every block whose gate sends each token of an image to a few of many small experts."""
