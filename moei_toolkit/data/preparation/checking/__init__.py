"""What is asked of the files of a data set, and what is seen in them."""
